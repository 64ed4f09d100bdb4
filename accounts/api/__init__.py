"""The API of the account."""
