"""All data of one user: export, erasure, and what the ledger says of jobs."""
