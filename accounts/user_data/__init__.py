"""All data of one user: export and deletion, to which each app adds its part."""
