"""Who may create an account, and with how many credits: SIGN_UP and the invitations.

An address is known to be the person's own before any of this is asked: it was confirmed by the link
of an email or by another service.
"""

from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import invitations, sign_in_ways
from accounts.credits import ledger
from accounts.models import Invitation, OpenedMailbox, User
from artgen.refusals import Refusal

PURPOSE = "accounts.sign_up"  # part of the key of stored rows: never change it
SAME_DOMAIN = {
    "googlemail.com": "gmail.com",
    **dict.fromkeys(("ya.ru", "yandex.by", "yandex.com", "yandex.kz"), "yandex.ru"),
}
SAME_LETTERS = {"gmail.com": ((".", ""),), "yandex.ru": ((".", "-"),)}
"""What a service reads in the name of a mailbox as something else: gmail.com ignores dots."""


class SignUpRefused(Refusal):
    """This address may not create an account; nothing was changed."""

    code = "sign_up_refused"
    status = 403
    words: str | Promise = ""
    """How to get an account in spite of that."""


class SignUpClosed(SignUpRefused):
    text = gettext_lazy("Sign-up is closed")
    words = gettext_lazy("New accounts can’t be created at the moment.")


class ByInvitationOnly(SignUpRefused):
    """The address has no invitation that is valid."""

    text = gettext_lazy("By invitation only")
    words = gettext_lazy(
        "To get an account, ask an administrator to invite you. You’ll receive an email with a "
        "link for choosing a password."
    )


class OtherDomain(SignUpRefused):
    """The address is at none of SIGN_UP_DOMAINS."""

    words = gettext_lazy("Sign up with such an email, or ask an administrator to invite you.")

    @property
    def message(self) -> str:
        return _("Use an email at %(domains)s.") % {"domains": ", ".join(settings.SIGN_UP_DOMAINS)}


class OtherWay(SignUpRefused):
    """SIGN_UP_WITH does not name the way in which somebody signs up."""

    text = gettext_lazy("Sign up in another way")
    words = gettext_lazy("New accounts can’t be created in this way here.")


@dataclass(frozen=True)
class SignUpTerms:
    """What a new account starts with, and the invitation that it uses up."""

    credits: int
    invitation: Invitation | None = None


def check_mode() -> None:
    """Raise SignUpClosed or ByInvitationOnly if strangers may not sign up."""
    if settings.SIGN_UP == "closed":
        raise SignUpClosed
    if settings.SIGN_UP == "invitation":
        raise ByInvitationOnly


def check_way(way: str) -> None:
    """Raise OtherWay if accounts cannot be created in this way."""
    if not sign_in_ways.opens_accounts(way):
        raise OtherWay


def terms_of(email: str) -> SignUpTerms:
    """Return what an account of this address would start with; raise a SignUpRefused."""
    invitation = invitations.pending_for(email)
    if invitation and settings.SIGN_UP != "closed":
        return SignUpTerms(invitation.credits, invitation)
    check_mode()
    check_domain(email)
    return SignUpTerms(starting_credits())


def check_domain(email: str) -> None:
    """Raise OtherDomain if SIGN_UP allows some domains and the address is at none of them."""
    domain = email.rpartition("@")[2]
    if settings.SIGN_UP == "domain" and domain not in settings.SIGN_UP_DOMAINS:
        raise OtherDomain


def starting_credits() -> int:
    """Return the credits of accounts created by open sign-up; 0 if sign-up needs an invitation."""
    if settings.SIGN_UP == "open":
        return int(settings.DEFAULT_CREDITS)
    return int(settings.DOMAIN_CREDITS) if settings.SIGN_UP == "domain" else 0


def open_account(user: User) -> None:
    """Grant a new user the starting credits and use up the invitation, in the caller's transaction.

    A mailbox gets the credits of the site once, also after its account has moved to another address
    or was erased.

    Raises:
        SignUpRefused, invitations.InvitationEnded: the caller's transaction must be rolled back.
    """
    terms = terms_of(user.email)
    is_first = _remember(user.email)
    credits = terms.credits if is_first or terms.invitation else 0
    ledger.open_account(user, credits=credits)
    if terms.invitation:
        invitations.accept(terms.invitation, user=user)


def _remember(email: str) -> bool:
    """Remember that the mailbox has opened an account; return whether it is the first one."""
    local, _at, domain = email.rpartition("@")
    as_before = f"{local.partition('+')[0]}@{domain}"
    digest, *earlier = (
        salted_hmac(PURPOSE, name, secret=key, algorithm="sha256").hexdigest()
        for name in (mailbox_of(email), as_before)
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )
    if OpenedMailbox.objects.filter(digest__in=earlier).exists():
        return False
    return OpenedMailbox.objects.get_or_create(digest=digest)[1]


def mailbox_of(email: str) -> str:
    """Return one spelling for all addresses of a mailbox; it is compared, never written to."""
    local, _at, domain = email.rpartition("@")
    local = local.strip('"').replace("\\", "").partition("+")[0]
    domain = domain.rstrip(".")
    with suppress(UnicodeError):  # another service may send a domain that cannot be
        domain = domain.encode("idna").decode()
    domain = SAME_DOMAIN.get(domain, domain)
    for letter, replacement in SAME_LETTERS.get(domain, ()):
        local = local.replace(letter, replacement)
    return f"{local}@{domain}"
