"""What columns of admin pages show: fields under another label, and badges of states."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString


def column(name: str, label: Any, **display: Any) -> Callable[[Any, Any], Any]:
    """Return a column that shows a field under another label."""

    shown: Callable[[Any, Any], Any] = admin.display(
        lambda _admin, row: getattr(row, name), description=label, **display
    )
    return shown


def badge(status: str, text: object) -> SafeString:
    return format_html('<span class="badge" data-status="{}">{}</span>', status, text)
