"""Texts that scripts show while jobs are in progress."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artgen.web import formatting
from generation.jobs.live import status_text


def ready_texts() -> dict[str, Any]:
    """Return the texts of scripts that follow several images."""
    ready = formatting.plural_forms(
        lambda n: ngettext("%(count)s image ready", "%(count)s images ready", n)
    )
    return {
        "ready": ready,
        "position": _("%(number)s of %(total)s"),
        "about": _("about %(duration)s"),
        "longer": status_text.longer_than_usual(),
        **formatting.unit_texts(),
    }
