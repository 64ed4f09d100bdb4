"""Check the certificate of PUBLIC_URL."""

import ssl
from datetime import timedelta

from artgen.observability.certificate import certificate as current_certificate
from generation.operations.alerts.measurements import certificate_ends
from generation.operations.doctor.check import Check, error_text

HINT = (
    "Renew it and reload what terminates TLS (deploy/docs/https.md). If it is renewed "
    "automatically, see the log of that."
)


def certificate() -> Check:
    """Check that browsers accept the certificate, and for how long."""
    try:
        found = current_certificate()
    except ssl.SSLCertVerificationError as error:
        return Check("certificate", False, f"browsers reject it: {error.verify_message}", HINT)
    except OSError as error:
        hint = "Check PUBLIC_URL, the name in DNS and what terminates TLS, from another machine."
        return Check("certificate", True, f"not seen from here: {error_text(error)}", hint)
    if found is None:
        return Check("certificate", True, "not used: PUBLIC_URL is not https")
    days = found.remaining / timedelta(days=1)
    detail = f"{found.server}: valid for {days:.0f} days, until {found.valid_until:%Y-%m-%d}"
    if certificate_ends(found):
        return Check("certificate", False, detail, HINT)
    return Check("certificate", True, detail)
