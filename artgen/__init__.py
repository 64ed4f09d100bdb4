"""ArtGen's wiring: settings, addresses, Celery, health. No product logic lives here."""
