"""Why a mail server did not take an email, in words for staff, and what to do about it."""

import smtplib
import socket
import ssl

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEMPORARY = range(400, 500)
"""Replies after which the same email may be accepted later (RFC 5321, 4.2.1)."""
ADDRESS_HINT = _(
    "Correct host, port and protocol in EMAIL_URL (smtp+tls:// for port 587, smtp+ssl:// for 465), "
    "or allow this machine to connect: many providers block port 25."
)


class MailError(TextChoices):
    """What is wrong. The labels say it."""

    PASSWORD = "password", _("The mail server refused the user name or the password.")  # 535
    HOST = "host", _("There is no mail server of this name.")  # DNS
    CONNECTION = "connection", _("The mail server cannot be reached.")  # refused, no route
    TIMEOUT = "timeout", _("The mail server did not answer in time.")
    CLOSED = "closed", _("The mail server closed the connection.")
    CERTIFICATE = "certificate", _("The certificate of the mail server is not valid.")
    PROTOCOL = "protocol", _("The mail server does not speak this protocol.")  # TLS or not
    BUSY = "busy", _("The mail server accepts no email at the moment.")  # 4xx
    SENDER = "sender", _("The mail server refused the sender.")
    RECIPIENT = "recipient", _("The mail server refused the recipient.")
    TEXT = "text", _("The mail server refused the email.")
    OTHER = "other", _("The email could not be sent.")

    @property
    def advice(self) -> str:
        return str(_ADVICE[self])


_ADVICE: dict[MailError, Promise] = {
    MailError.PASSWORD: _("Correct user and password in EMAIL_URL."),
    MailError.HOST: _("Correct the host in EMAIL_URL, or the DNS of this machine."),
    MailError.CONNECTION: ADDRESS_HINT,
    MailError.TIMEOUT: ADDRESS_HINT,
    MailError.CLOSED: ADDRESS_HINT,
    MailError.CERTIFICATE: _("Name the mail server in EMAIL_URL as in its certificate."),
    MailError.PROTOCOL: _(
        "Correct the protocol in EMAIL_URL: smtp+tls:// for port 587, smtp+ssl:// for 465."
    ),
    MailError.BUSY: _(
        "Nothing, if it passes: the email is sent again. If it lasts, see the reply; many servers "
        "limit the emails of an hour or a day."
    ),
    MailError.SENDER: _(
        "Set DEFAULT_FROM_EMAIL to an address from which the mail server lets you send."
    ),
    MailError.RECIPIENT: _(
        "The server refuses this recipient: see its reply. If the address is wrong, the person can "
        "change it on the account page."
    ),
    MailError.TEXT: _("See the reply: it may think the email is spam, or a limit is used up."),
    MailError.OTHER: _("See the reply and the log of the worker."),
}


def kind_of(error: Exception) -> MailError:
    if _code(error) in TEMPORARY:
        return MailError.BUSY
    match error:
        case smtplib.SMTPAuthenticationError():
            return MailError.PASSWORD
        case smtplib.SMTPSenderRefused():
            return MailError.SENDER
        case smtplib.SMTPRecipientsRefused():
            return MailError.RECIPIENT
        case smtplib.SMTPDataError():
            return MailError.TEXT
        case ssl.SSLCertVerificationError():
            return MailError.CERTIFICATE
        case ssl.SSLError() | smtplib.SMTPNotSupportedError():
            return MailError.PROTOCOL
        case smtplib.SMTPServerDisconnected():
            return MailError.CLOSED
        case socket.gaierror():
            return MailError.HOST
        case TimeoutError():
            return MailError.TIMEOUT
        case smtplib.SMTPConnectError():
            return MailError.CONNECTION
        case OSError() if not isinstance(error, smtplib.SMTPException):  # which is one, too
            return MailError.CONNECTION
    return MailError.OTHER


def reply_of(error: Exception) -> str:
    """Return what the server or the system said, on one line, with the SMTP code."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            said = "; ".join(_reply(*reply) for reply in error.recipients.values())
        case smtplib.SMTPResponseException():
            said = _reply(error.smtp_code, error.smtp_error)
        case OSError() if error.strerror:
            said = error.strerror
        case _:
            said = str(error)
    return " ".join(said.split()) or type(error).__name__


def is_permanent(error: Exception) -> bool:
    """Return whether the server refused the recipient permanently (5xx, RFC 5321, 4.2.1)."""
    return isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        code >= 500 for code, _text in error.recipients.values()
    )


def _code(error: Exception) -> int:
    """Return the code of the reply, the lowest one of several recipients; 0 without a reply."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return min((code for code, _text in error.recipients.values()), default=0)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0


def _reply(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{code} {words}"
