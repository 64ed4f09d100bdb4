"""Health, metrics, request statistics and logging."""
