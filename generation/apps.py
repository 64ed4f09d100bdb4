"""The generation app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from generation.operations import checks as checks  # registers the system checks


class GenerationConfig(AppConfig):
    """Jobs from prompt to image."""

    name = "generation"
    verbose_name = _("Images")
