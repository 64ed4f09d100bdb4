"""An authenticator app: codes for the second factor."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

SECRET = "JBSWY3DPEHPK3PXP"


def code_of(secret: str = SECRET, *, steps: int = 0) -> str:
    """Return the code of the app, `steps` of 30 s from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))
