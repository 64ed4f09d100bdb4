"""Loads before the fork what each process would load, so that they share the memory."""

import gc
from contextlib import suppress

from botocore.exceptions import NoCredentialsError
from django.conf import settings
from django.core.cache import caches
from django.core.files.storage import storages
from django.db import connections
from django.template.loader import get_template
from django.urls import reverse
from django.utils import translation

from artgen.environment.env import BASE_DIR

APPS = ("artgen", "accounts", "generation")


def load() -> None:
    """Load URLs with all views, translations and the storage of images; close all connections.

    The loaded objects are excluded from garbage collection, which would write into them: memory
    that is written to is no longer shared.
    """
    reverse("start")
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("Close")
    with suppress(NoCredentialsError):
        storages["default"].url("probe")  # loads the bucket's client, 22 MB
    for connection in connections.all(initialized_only=True):
        connection.close()
        getattr(connection, "close_pool", lambda: None)()
    caches.close_all()
    gc.collect()
    gc.freeze()


def load_templates() -> None:
    """Compile the templates of all pages."""
    for app in APPS:
        folder = BASE_DIR / app / "jinja2"
        for file in sorted(folder.rglob("*.html")):
            get_template(str(file.relative_to(folder)), using="jinja2")
