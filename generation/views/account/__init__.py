"""The user's data, the end of the account, stopped requests."""
