"""Django's PostgreSQL backend with a pool that recovers at once (`ENGINE:
artgen.database.postgresql`).
"""
