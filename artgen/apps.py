"""The wiring as an app: templates, static files, commands and the system checks."""

from django.apps import AppConfig

from artgen import (
    celery as celery,
)  # tasks belong to this application of Celery, whoever calls them
from artgen import checks as checks  # registers them
from artgen import migration_checks as migration_checks


class ArtGenConfig(AppConfig):
    """What every other app stands on."""

    name = "artgen"
