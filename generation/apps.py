"""The generation app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GenerationConfig(AppConfig):
    """A job from prompt to picture."""

    name = "generation"
    verbose_name = _("pictures")
