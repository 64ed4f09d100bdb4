"""Redis: clients, cache, and the transports of Celery and Channels."""
