"""Signing in with another service: which account it signs in to.

A service is trusted only for addresses that it calls verified. Such an address leads to the account
that has it, since every account's address is confirmed, or to a new account. Any other address is
confirmed by an email first; a signed-in user can connect the service on the page Security.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.access import ban_page, pending_services, sign_in_ways, sign_up_emails, sign_up_rules
from accounts.access.pending_services import PendingService
from accounts.emails import security_notices
from accounts.emails.security_notices import Change
from accounts.models import User, fold
from artgen.database import pooling
from artgen.refusals import Refusal

VERIFIED_CLAIMS = ("email_verified", "verified_email")


@dataclass(frozen=True)
class Service:
    """A service that is set up: its name, and where its button leads."""

    id: str
    name: str
    url: str


@dataclass(frozen=True)
class ConnectedService:
    """A service that signs this user in."""

    id: int
    name: str
    label: str
    """The account there, such as an address."""


def services(request: HttpRequest, *, opening: bool = False) -> list[Service]:
    """Return the services that sign in, or those that open accounts; takes no statement."""
    adapter = get_adapter(request)
    providers = (
        adapter.get_provider(request, app.provider_id or app.provider)
        for app in adapter.list_apps(request)
    )
    return [
        Service(name, provider.app.name, url)
        for provider in providers
        if (name := provider.app.provider_id or provider.id)
        and (url := provider.get_login_url(request))
        and (not opening or sign_in_ways.opens_accounts(name))
    ]


def connections_of(user: User) -> list[ConnectedService]:
    """Return the services that sign this user in, also those that are no longer set up."""
    names = {app.provider_id or app.provider: app.name for app in _apps()}
    return [
        ConnectedService(
            account.pk, names.get(account.provider, account.provider), _label_of(account.extra_data)
        )
        for account in SocialAccount.objects.filter(user=user).order_by("pk")
    ]


def disconnect(request: HttpRequest, account: SocialAccount) -> None:
    """Remove the service and tell the owner by email; raise ReauthenticationRequired.

    allauth's own function fails for a service that is no longer set up.
    """
    raise_if_reauthentication_required(request, app="allauth.socialaccount")
    with transaction.atomic():
        account.delete()
        security_notices.send(Change.SERVICE_DISCONNECTED, user=account.user, request=request)


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "no_password": _("Add a password first: without it you could not sign in."),
        "disconnect_last": _("Connect another service first: this one signs you in."),
        "connected_other": _("This account is connected to another ArtGen account."),
    }

    def list_apps(
        self, request: HttpRequest | None, provider: str | None = None, client_id: object = None
    ) -> list[SocialApp]:
        """Return the apps of the environment that may sign in; none are in the database."""
        return [
            app
            for app in _apps()
            if sign_in_ways.signs_in(app.provider_id or app.provider)
            and provider in (None, app.provider, app.provider_id)
            and client_id in (None, app.client_id)
        ]

    def get_app(self, request: HttpRequest, provider: str, client_id: object = None) -> SocialApp:
        """Return the app of a provider; raise Http404 if it is not set up."""
        for app in self.list_apps(request, provider=provider, client_id=client_id):
            return app
        raise Http404

    def get_requests_session(self) -> requests.Session:
        """Return a session whose calls have a timeout; no database connection waits for them."""
        pooling.give_back()
        return super().get_requests_session()

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Connect the service to the account of its verified address, before signing in."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT or sociallogin.is_existing:
            return
        verified = _verified_addresses(sociallogin)
        named = [fold(address.email) for address in sociallogin.email_addresses if address.email]
        sociallogin.email_addresses = []  # `User.email` is the only record of addresses
        if not verified:
            raise _confirming(request, sociallogin, named)
        user = User.objects.filter(email__in=verified).order_by("id").first()
        if user and user.is_banned:  # nor is the service connected meanwhile
            raise ImmediateHttpResponse(ban_page.show(request, user))
        if user is None:
            email = _admitted(request, sociallogin, verified)
            if settings.LEGAL_DOCUMENTS:  # nothing is stored before they are accepted
                new = PendingService.of(sociallogin, email=email, is_confirmed=True)
                pending_services.remember(request, new)
                next_page = urlencode({"next": sociallogin.state.get("next") or ""})
                raise ImmediateHttpResponse(redirect(f"{reverse('signup_service')}?{next_page}"))
            sociallogin.user.email = email
        elif user.is_active:
            sociallogin.connect(request, user)
        else:
            raise _back_to_sign_in(request, gettext("This account is locked."))

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        user: User = sociallogin.user
        parts = (data.get("first_name"), data.get("last_name"))
        name = data.get("name") or " ".join(part for part in parts if part)
        user.name = str(name or "")[: User._meta.get_field("name").max_length]
        user.language = get_language() or ""
        return user

    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: object = None
    ) -> User:
        """Create the account with its starting credits and without a password."""
        user: User = sociallogin.user
        user.set_unusable_password()
        try:
            with transaction.atomic():
                sociallogin.save(request)
                EmailAddress.objects.filter(user=user).delete()  # `User.email` is the only record
                sign_up_rules.open_account(user)
        except IntegrityError as error:
            # The same sign-up in two windows: the account exists now.
            raise _back_to_sign_in(request, gettext("Try again.")) from error
        except Refusal as refusal:
            raise _back_to_sign_in(request, refusal.message) from refusal
        return user

    def validate_disconnect(self, account: SocialAccount, accounts: Any) -> None:
        """Keep the last service of an account that its password does not sign in."""
        others = (other for other in accounts if other.pk != account.pk)
        if not sign_in_ways.signs_in(sign_in_ways.PASSWORD) and not any(
            sign_in_ways.signs_in(other.provider) for other in others
        ):
            raise self.validation_error("disconnect_last")

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        return str(redirect("security").url)


def _apps() -> Sequence[SocialApp]:
    return [
        SocialApp(provider=provider, **config)
        for provider, configs in settings.SOCIALACCOUNT_PROVIDERS.items()
        for config in configs.get("APPS", ())
    ]


def _verified_addresses(login: SocialLogin) -> list[str]:
    """Return the addresses that the service calls verified, by `true` or "true" alone.

    allauth takes any claim that is not empty for a yes, such as "false".
    """
    data = login.account.extra_data
    claims = data.get("userinfo") or data.get("id_token") or data
    if any(not _is_true(claims[name]) for name in VERIFIED_CLAIMS if name in claims):
        return []
    return [fold(address.email) for address in login.email_addresses if _is_true(address.verified)]


def _is_true(claim: object) -> bool:
    return claim is True or claim == "true"


def _confirming(
    request: HttpRequest, login: SocialLogin, addresses: Sequence[str]
) -> ImmediateHttpResponse:
    """Have an email confirm the address that the service names without calling it verified.

    As sign-up does, so the page does not reveal whether the address has an account. The link goes
    on with the service in this browser, elsewhere with a password.
    """
    if not addresses:
        return _back_to_sign_in(
            request,
            gettext(
                "The service has not named your email. Sign in with your email, then connect the"
                " service on the page Security."
            ),
        )
    email = _admitted(request, login, addresses)
    pending_services.remember(request, PendingService.of(login, email=email, is_confirmed=False))
    sign_up_emails.enqueue(request, email, next_page=login.state.get("next") or "")
    return ImmediateHttpResponse(redirect("signup_sent"))


def _admitted(request: HttpRequest, login: SocialLogin, addresses: Sequence[str]) -> str:
    """Return the first of these addresses that may create an account with the service."""
    refused: Refusal | None = None
    for address in addresses:
        try:
            sign_up_rules.check_way(login.account.provider)
            sign_up_rules.terms_of(address)
        except Refusal as refusal:
            refused = refused or refusal
        else:
            return address
    raise _back_to_sign_in(request, refused.message if refused else "")


def _back_to_sign_in(request: HttpRequest, text: str) -> ImmediateHttpResponse:
    messages.error(request, text)
    return ImmediateHttpResponse(redirect("login"))


def _label_of(data: dict[str, Any]) -> str:
    nested = data.get("userinfo") or data
    for name in ("email", "default_email", "login", "name"):
        if isinstance(value := nested.get(name), str) and value:
            return value
    return ""
