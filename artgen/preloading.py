"""What processes would each load for themselves, loaded once before they are forked: they share its memory."""

import gc

from django.conf import settings
from django.core.cache import caches
from django.core.files.storage import storages
from django.db import connections
from django.template import engines
from django.template.backends.django import DjangoTemplates
from django.urls import reverse
from django.utils import translation

APPS = ("artgen", "accounts", "generation")


def load() -> None:
    """Load addresses with all views, translations, the storage of pictures; leave no connection and no garbage behind.

    Collecting garbage writes into every object, and what is written to is shared no longer: what is loaded is left out.
    """
    reverse("start")
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("Close")
    # The bucket's client describes all of S3 in 17 MB; files on disk need none.
    _loaded = getattr(storages["default"], "connection", None)
    for connection in connections.all(initialized_only=True):
        connection.close()
    caches.close_all()
    gc.collect()
    gc.freeze()


def load_templates() -> None:
    """Compile all templates of pages."""
    engine = engines["django"]
    assert isinstance(engine, DjangoTemplates)  # noqa: S101 as settings.TEMPLATES says
    for app in APPS:
        folder = settings.BASE_DIR / app / "templates"
        for file in sorted(folder.rglob("*.html")):
            engine.get_template(str(file.relative_to(folder)))
