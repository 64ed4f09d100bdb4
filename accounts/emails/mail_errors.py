"""What a mail server said that did not take an email."""

import smtplib


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


def _reply(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{code} {words}"
