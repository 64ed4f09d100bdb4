"""The generation app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from generation.operations import checks as checks  # registers them


class GenerationConfig(AppConfig):
    """A job from prompt to picture."""

    name = "generation"
    verbose_name = _("pictures")
