"""All data of one user: export, erasure, and job descriptions for the ledger."""
