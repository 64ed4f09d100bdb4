"""PostgreSQL: the backend, connections, ids, and what migrations may do."""
