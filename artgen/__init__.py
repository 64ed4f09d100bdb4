"""ArtGen's wiring: settings, addresses, Celery, health. No product logic lives here."""

from artgen.celery import app as celery_app

__all__ = ["celery_app"]
