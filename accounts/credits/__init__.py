"""Credits: the ledger and its holds, the statement, usage, vouchers, requests."""
