"""Models on offer as plain data, and their validation before anybody pays."""
