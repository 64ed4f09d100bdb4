"""What an API token may do: its scopes, checked before each call of the API."""

from django.utils.translation import gettext_lazy
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import Scope
from accounts.tokens.tokens import TokenAccess
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
        return str(self.text) % {"scope": self.scope}


class TokenScope(BasePermission):
    """An operation needs its `scope`, by default `read` for GET, else `manage`.

    Sessions may do everything.
    """

    def has_permission(self, request: Request, view: object) -> bool:
        """Return True, or raise MissingScope."""
        access = request.auth
        if not isinstance(access, TokenAccess):
            return True
        if not hasattr(view, str(request.method).lower()):
            return True  # the response is 405
        operation = getattr(view, "operation", None)
        default = Scope.READ if request.method in SAFE_METHODS else Scope.MANAGE
        needed = operation.scope if operation and operation.scope else default
        if needed not in access.scopes:
            raise MissingScope(needed)
        return True
