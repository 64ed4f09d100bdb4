"""Check whether the mail server accepts ArtGen's emails, by a session that sends none."""

import smtplib
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.validators import EmailValidator

from accounts.emails import mail_errors
from artgen.environment import installation
from generation.operations.doctor.check import MAX_DETAIL_LENGTH, Check, without_secrets

NAME = "email_server"
ACCEPTED = 250
NO_SERVER = (
    "Set EMAIL_URL, such as smtp+tls://USER:PASSWORD@HOST:587: without emails nobody can sign up "
    "or reset a password."
)
REFUSED = (
    "Correct EMAIL_URL (smtp+tls:// for port 587, smtp+ssl:// for 465) or DEFAULT_FROM_EMAIL, or "
    "allow this machine to connect: many providers block port 25."
)


def mail_server(test_address: str = "") -> Check:
    """Connect, sign in and name the sender; with `test_address`, send it an email."""
    server = get_connection()
    if not isinstance(server, EmailBackend):
        kind = settings.EMAIL_BACKEND.split(".")[-2]
        return _check(not test_address, f"no mail server is set ({kind})", NO_SERVER)
    where, sender = f"{server.host}:{server.port}", parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    try:
        EmailValidator(allowlist=[])(sender)
    except ValidationError:
        return _check(
            False, f"the sender, {sender!r}, is not a public address", "Correct DEFAULT_FROM_EMAIL."
        )
    try:
        if test_address:
            text = "`manage.py doctor` sent this email."
            EmailMessage("ArtGen: test", text, to=[test_address], connection=server).send()
            return _check(True, f"{where} accepted an email from {sender} to {test_address}")
        server.open()
        _name_sender(server.connection, sender)
    except (smtplib.SMTPException, OSError) as error:
        reply = without_secrets(mail_errors.reply_of(error))[:MAX_DETAIL_LENGTH]
        return _check(False, f"{where}: {reply}", REFUSED)
    finally:
        server.close()
    return _check(True, f"{where} accepts emails from {sender}")


def _check(ok: bool, detail: str, hint: str = "") -> Check:
    return Check(NAME, ok, detail, f"{hint} {installation.current().settings}" if hint else "")


def _name_sender(connection: Any, sender: str) -> None:
    """Begin an email and abandon it."""
    code, said = connection.mail(sender)
    if code != ACCEPTED:
        raise smtplib.SMTPSenderRefused(code, said, sender)
    connection.rset()
