"""Why an email was not sent, from a mail server that refuses it, as staff read it."""

import smtplib
import socket
import ssl
from typing import Any

import pytest
from django.core.mail import EmailMessage

from accounts.emails import mail_errors, outbox
from accounts.models import OutgoingEmail
from generation.testing.servers.smtp_server import smtp_server
from generation.testing.services import free_port


@pytest.fixture(autouse=True)
def _smtp(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_HOST_USER = "127.0.0.1", "artgen"
    settings.EMAIL_HOST_PASSWORD = "secret"
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False


def failed(port: int, settings: Any) -> str:
    """Send an email to this port, and return the reply."""
    settings.EMAIL_PORT = port
    outbox.enqueue(EmailMessage("Subject", "Text", to=["alice@example.org"]))
    outbox.send_due()
    email = OutgoingEmail.objects.get()
    return email.last_error


@pytest.mark.django_db
class TestRefusals:
    @pytest.mark.parametrize(
        ("options", "reply"),
        [
            ({"password": "another"}, "535 bad credentials"),
            ({"AUTH": "454 later"}, "454 later"),
            ({"MAIL": "553 not yours"}, "553 not yours"),
            ({"RCPT": "550 no such user"}, "550 no such user"),
            ({"RCPT": "450 greylisted"}, "450 greylisted"),
            ({"DATA": "554 spam"}, "554 spam"),
            ({"greeting": "554 go away"}, "554 go away"),
            ({"greeting": "421 too many"}, "421 too many"),
        ],
    )
    def test_it_names_what_a_server_refuses(
        self, settings: Any, options: dict[str, str], reply: str
    ) -> None:
        with smtp_server(**options) as server:
            assert failed(server.port, settings) == reply

    def test_it_names_one_that_is_away(self, settings: Any) -> None:
        assert failed(free_port(), settings) == "Connection refused"


class TestOtherErrors:
    @pytest.mark.parametrize(
        ("error", "reply"),
        [
            (
                socket.gaierror(-2, "Name or service not known"),
                "Name or service not known",
            ),
            (TimeoutError("timed out"), "timed out"),
            (
                OSError(101, "Network is unreachable"),
                "Network is unreachable",
            ),
            (smtplib.SMTPServerDisconnected("closed"), "closed"),
            (ssl.SSLCertVerificationError(1, "x"), "x"),
            (smtplib.SMTPException(), "SMTPException"),
            (ValueError("header\ninjection"), "header injection"),
        ],
    )
    def test_it_names_them(self, error: Exception, reply: str) -> None:
        assert mail_errors.reply_of(error) == reply
