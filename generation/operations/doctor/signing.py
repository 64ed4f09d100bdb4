"""Check the certificate that signs images."""

import io
from datetime import UTC, datetime, timedelta

from PIL import Image

from generation.imaging import credentials, metadata, origin_key
from generation.imaging.origin_key import KeyInvalid
from generation.operations.doctor.check import Check

NAME = "origin_key"
SOON = timedelta(days=30)
HINT = "manage.py origin_key create prints a new line for the settings."


def signing() -> Check:
    """Sign an image and read it back; warn before the certificate expires."""
    try:
        key = origin_key.current()
    except KeyInvalid as error:
        return Check(NAME, False, f"ORIGIN_KEY: {error}", HINT)
    if key is None:
        return Check(NAME, True, "images are not signed (ORIGIN_KEY)")
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    claim = credentials.Claim(metadata.TRAINED, datetime.now(UTC))
    if credentials.read(credentials.signed(file.getvalue(), claim)) is None:
        return Check(NAME, False, f"a signed image is not valid; until {key.expires_at:%F}", HINT)
    is_soon = key.expires_at - datetime.now(UTC) < SOON
    return Check(NAME, True, f"images are signed, until {key.expires_at:%F}", HINT * is_soon)
