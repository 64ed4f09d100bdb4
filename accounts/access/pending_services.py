"""A person of another service who has yet to finish signing up, kept in the browser's session."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.http import HttpRequest

from accounts.models import User

KEY = "pending_service"


@dataclass(frozen=True)
class PendingService:
    """What the service said of the person who signs up with it."""

    email: str
    is_confirmed: bool
    """Whether the service calls the address verified; else only our own email confirms it."""
    name: str
    provider: str
    uid: str
    extra_data: dict[str, Any]

    @classmethod
    def of(cls, login: SocialLogin, *, email: str, is_confirmed: bool) -> Self:
        account = login.account
        return cls(
            email=email,
            is_confirmed=is_confirmed,
            name=login.user.name,
            provider=account.provider,
            uid=account.uid,
            extra_data=account.extra_data,
        )

    def connect(self, user: User) -> None:
        """Let the service sign the user in; raise IntegrityError if it signs in another one."""
        SocialAccount.objects.create(
            user=user, provider=self.provider, uid=self.uid, extra_data=self.extra_data
        )


def remember(request: HttpRequest, service: PendingService) -> None:
    request.session[KEY] = asdict(service)


def read(request: HttpRequest) -> PendingService | None:
    """Return the service with which this browser signs up, None if there is none."""
    kept = request.session.get(KEY)
    return PendingService(**kept) if kept else None


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)
