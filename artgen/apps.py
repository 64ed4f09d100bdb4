"""The app with shared templates, static files, commands and system checks."""

from django.apps import AppConfig

from artgen import checks as checks  # registers the system checks
from artgen.logs import telemetry
from artgen.processes import celery as celery  # registers tasks with this Celery application


class ArtGenConfig(AppConfig):
    name = "artgen"

    def ready(self) -> None:
        """Start Sentry: before the middleware is loaded."""
        telemetry.start()
