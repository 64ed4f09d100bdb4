"""Letters by e-mail, in the language of whom they go to.

A letter leaves beside the request, in a thread of its own: a slow mail server keeps nobody waiting, and the time an
answer takes does not tell whether a letter was sent.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.encoding import force_bytes
from django.utils.http import urlencode, urlsafe_base64_encode

from accounts import deletion
from accounts.middleware import zone_of
from accounts.models import User
from artgen import formatting

logger = logging.getLogger(__name__)

SIGN_UP_SALT = "accounts.letters.sign_up"

_senders = ThreadPoolExecutor(max_workers=2, thread_name_prefix="letters")
_on_their_way: set[Future[None]] = set()


def finish_sign_up(*, email: str, next_page: str = "") -> EmailMessage:
    """Return the letter to a new address: its link proves the address and leads to name and password."""
    token = signing.dumps({"email": email}, salt=SIGN_UP_SALT)
    path = reverse("signup_finish", args=[token])
    if next_page:
        path += "?" + urlencode({"next": next_page})
    return compose("accounts/emails/sign_up", to=email, link=absolute(path))


def have_account(*, user: User) -> EmailMessage:
    """Return the letter to an address that wants to sign up and has an account already."""
    return compose(
        "accounts/emails/have_account",
        to=user.email,
        sign_in=absolute(reverse("login")),
        reset=absolute(reverse("password_reset")),
    )


def reset_password(*, user: User) -> EmailMessage:
    """Return the letter with the link to a new password: it works once, for `PASSWORD_RESET_TIMEOUT` seconds."""
    uid = urlsafe_base64_encode(force_bytes(str(user.pk)))
    path = reverse("password_reset_confirm", args=[uid, default_token_generator.make_token(user)])
    with translation.override(user.language or translation.get_language()):
        return compose("accounts/emails/reset_password", to=user.email, link=absolute(path))


def account_closed(*, user: User) -> EmailMessage:
    """Return the letter about an account that is locked and will be erased, with the link that keeps it."""
    with in_the_words_of(user):
        return compose(
            "accounts/emails/account_closed",
            to=user.email,
            email=user.email,
            day=formatting.day(user.erase_at) if user.erase_at else "",
            link=absolute(reverse("keep_account", args=[deletion.keep_token(user)])),
        )


def account_erased(*, user: User) -> EmailMessage:
    """Return the last letter: nothing of the account is left."""
    with in_the_words_of(user):
        return compose(
            "accounts/emails/account_erased", to=user.email, sign_up=absolute(reverse("signup"))
        )


def address_of(token: str) -> str:
    """Return the address that the link of `finish_sign_up` proves; raise `signing.BadSignature`."""
    content = signing.loads(token, salt=SIGN_UP_SALT, max_age=settings.PASSWORD_RESET_TIMEOUT)
    return str(content["email"])


def post(letter: EmailMessage) -> None:
    """Hand the letter over; a failure to send it goes to the log."""
    sending = _senders.submit(_send, letter)
    _on_their_way.add(sending)
    sending.add_done_callback(_on_their_way.discard)


def drain() -> None:
    """Wait until every letter handed over has left."""
    wait(set(_on_their_way))


def _send(letter: EmailMessage) -> None:
    try:
        letter.send()
    except Exception:
        # Whatever the mail server does: nobody waits for this thread, so the log is the only place to say it.
        logger.exception("A letter could not be sent: %s", letter.subject)


def compose(template: str, *, to: str, **context: Any) -> EmailMessage:
    """Return the letter that `TEMPLATE.txt` and `TEMPLATE_subject.txt` make of the context, in the active language."""
    context["host"] = settings.PUBLIC_URL.partition("://")[2]
    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    return EmailMessage(subject, render_to_string(f"{template}.txt", context), to=[to])


def absolute(path: str) -> str:
    """Return the address with scheme and host."""
    # Not from the request's Host header, which whoever asks for the letter chooses.
    return f"{settings.PUBLIC_URL}{path}"


@contextmanager
def in_the_words_of(user: User) -> Iterator[None]:
    """Speak the user's language and tell their time, where they have chosen any."""
    with (
        translation.override(user.language or translation.get_language()),
        timezone.override(zone_of(user.time_zone)),
    ):
        yield
