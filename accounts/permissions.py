"""What an API token may do: its scopes, checked before each call of the API."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import Scope
from accounts.tokens import Access
from artgen.refusals import Refusal


class MissingScope(Refusal):
    """The token lacks the scope that this call needs; nothing was changed."""

    code = "missing_scope"
    status = 403
    text = gettext_lazy("The token needs the scope “%(scope)s”. Create another token.")

    def __init__(self, scope: str) -> None:
        super().__init__(scope=scope)
        self.scope = scope

    @property
    def message(self) -> str:
        """Which scope is needed."""
        return str(self.text) % {"scope": self.scope}


class TokenScope(BasePermission):
    """GET needs `read`; other methods need the view's `write_scope`. Sessions may do everything."""

    default: ClassVar[str] = Scope.MANAGE

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return True, or raise MissingScope."""
        access = request.auth
        if not isinstance(access, Access):
            return True
        is_reading = request.method in SAFE_METHODS
        needed = Scope.READ if is_reading else getattr(view, "write_scope", self.default)
        if needed not in access.scopes:
            raise MissingScope(needed)
        return True
