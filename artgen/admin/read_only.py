"""Base class of admins without changes."""

from typing import Any

from django.http import HttpRequest

from artgen.admin.audited import AuditedAdmin


class ReadOnlyAdmin(AuditedAdmin):
    """Rows that cannot be changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False
