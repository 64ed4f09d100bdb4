"""Why an email was not sent, from a mail server that refuses it, as staff read it."""

import smtplib
import socket
import ssl
from typing import Any

import pytest
from django.core.mail import EmailMessage

from accounts.emails import mail_errors, outbox
from accounts.emails.mail_errors import MailError
from accounts.models import OutgoingEmail
from generation.testing.servers.smtp_server import smtp_server
from generation.testing.services import free_port


@pytest.fixture(autouse=True)
def _smtp(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_HOST_USER = "127.0.0.1", "artgen"
    settings.EMAIL_HOST_PASSWORD = "secret"
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False


def failed(port: int, settings: Any) -> tuple[str, str]:
    """Send an email to this port, and return the kind of error and the reply."""
    settings.EMAIL_PORT = port
    outbox.enqueue(EmailMessage("Subject", "Text", to=["alice@example.org"]))
    outbox.send_due()
    email = OutgoingEmail.objects.get()
    return email.error_kind, email.last_error


@pytest.mark.django_db
class TestRefusals:
    @pytest.mark.parametrize(
        ("options", "kind", "reply"),
        [
            ({"password": "another"}, MailError.PASSWORD, "535 bad credentials"),
            ({"AUTH": "454 later"}, MailError.BUSY, "454 later"),
            ({"MAIL": "553 not yours"}, MailError.SENDER, "553 not yours"),
            ({"RCPT": "550 no such user"}, MailError.RECIPIENT, "550 no such user"),
            ({"RCPT": "450 greylisted"}, MailError.BUSY, "450 greylisted"),
            ({"DATA": "554 spam"}, MailError.TEXT, "554 spam"),
            ({"greeting": "554 go away"}, MailError.CONNECTION, "554 go away"),
            ({"greeting": "421 too many"}, MailError.BUSY, "421 too many"),
        ],
    )
    def test_it_names_what_a_server_refuses(
        self, settings: Any, options: dict[str, str], kind: MailError, reply: str
    ) -> None:
        with smtp_server(**options) as server:
            assert failed(server.port, settings) == (kind, reply)

    def test_it_names_one_that_is_away(self, settings: Any) -> None:
        assert failed(free_port(), settings) == (MailError.CONNECTION, "Connection refused")

    def test_it_names_one_without_tls(self, settings: Any) -> None:
        settings.EMAIL_USE_TLS = True
        with smtp_server() as server:
            assert failed(server.port, settings)[0] == MailError.PROTOCOL


class TestOtherErrors:
    @pytest.mark.parametrize(
        ("error", "kind", "reply"),
        [
            (
                socket.gaierror(-2, "Name or service not known"),
                MailError.HOST,
                "Name or service not known",
            ),
            (TimeoutError("timed out"), MailError.TIMEOUT, "timed out"),
            (
                OSError(101, "Network is unreachable"),
                MailError.CONNECTION,
                "Network is unreachable",
            ),
            (smtplib.SMTPServerDisconnected("closed"), MailError.CLOSED, "closed"),
            (ssl.SSLCertVerificationError(1, "x"), MailError.CERTIFICATE, "x"),
            (smtplib.SMTPException(), MailError.OTHER, "SMTPException"),
            (ValueError("header\ninjection"), MailError.OTHER, "header injection"),
        ],
    )
    def test_it_names_them(self, error: Exception, kind: MailError, reply: str) -> None:
        assert (mail_errors.kind_of(error), mail_errors.reply_of(error)) == (kind, reply)
