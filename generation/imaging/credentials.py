"""Content credentials (C2PA): a signed statement in the file that, how and when it was made here.

Specification: https://spec.c2pa.org/specifications/
"""

import io
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any

from generation.imaging import origin_key
from generation.imaging.containers import jpeg, png, webp
from generation.imaging.origin_key import OriginKey

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
ACTIONS = "c2pa.actions.v2"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """What a signature states: the IPTC source type, the time, the model."""

    source_type: str
    made_at: datetime
    model: str = ""


def present(data: bytes) -> bool:
    """Return whether its maker has signed the file.

    Raises generation.imaging.containers.errors.Malformed as `metadata.described` does.
    """
    if data.startswith(png.SIGNATURE):
        return png.has_c2pa(data)
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.has_c2pa(data)
    return webp.is_webp(data) and webp.has_c2pa(data)


def signed(data: bytes, claim: Claim) -> bytes:
    """Return the file with a signed claim; as it is without ORIGIN_KEY or if it is signed.

    Whatever changes the file later makes the signature invalid. An image that cannot be signed is
    returned as it is, since it is paid for, and logged.
    """
    key = origin_key.current()
    if key is None or present(data):
        return data
    try:
        return _signed(data, claim, key=key)
    except _library().C2paError:
        log.exception("image not signed")
        return data


def read(data: bytes) -> Claim | None:
    """Return the claim that our key has signed, None without one or if the file was changed."""
    key = origin_key.current()
    # Manifests of others are not parsed, so none of them can harm.
    if key is None or key.mark not in data or not present(data):
        return None
    trust = {"user_anchors": key.issuer_pem}
    context = _context(trust=trust, verify={"verify_trust": True, "remote_manifest_fetch": False})
    try:
        with _library().Reader(_type_of(data), io.BytesIO(data), context=context) as reader:
            store = json.loads(reader.json())
        manifest = store["manifests"][store["active_manifest"]]
        # Our issuer may have certified others, too, but each with a number of its own.
        is_ours = manifest["signature_info"]["cert_serial_number"] == key.serial_number
        if store["validation_state"] != "Trusted" or not is_ours:
            return None
        actions = next(item for item in manifest["assertions"] if item["label"] == ACTIONS)
        action = actions["data"]["actions"][0]
        return Claim(
            source_type=action["digitalSourceType"].removeprefix(SOURCE_TYPES),
            made_at=datetime.fromisoformat(action["when"]),
            model=action.get("softwareAgent", {}).get("name", ""),
        )
    except (_library().C2paError, KeyError, StopIteration, ValueError):
        return None


def _signed(data: bytes, claim: Claim, *, key: OriginKey) -> bytes:
    when = claim.made_at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    action: dict[str, Any] = {
        "action": "c2pa.created",
        "when": f"{when}Z",
        "digitalSourceType": f"{SOURCE_TYPES}{claim.source_type}",
    }
    if claim.model:
        action["softwareAgent"] = {"name": claim.model}
    manifest = {
        "claim_generator_info": [{"name": "ArtGen"}],
        "assertions": [{"label": ACTIONS, "data": {"actions": [action]}}],
    }
    # A signer belongs to the process that made it; making one takes no time.
    info = _library().C2paSignerInfo(key.algorithm, key.chain_pem, key.private_key, None)
    target = io.BytesIO()
    with (
        _library().Signer.from_info(info) as signer,
        _library().Builder(
            manifest, _context(builder={"thumbnail": {"enabled": False}})
        ) as builder,
    ):
        builder.sign(signer, _type_of(data), io.BytesIO(data), target)
    return target.getvalue()


def _context(**settings: Any) -> Any:
    return _library().Context(_library().Settings.from_dict(settings))


def _type_of(data: bytes) -> str:
    if data.startswith(png.SIGNATURE):
        return "image/png"
    return "image/jpeg" if data.startswith(jpeg.SIGNATURE) else "image/webp"


@cache
def _library() -> Any:
    """Load the library where it is needed: it takes 0.2 s and 14 MB of each process."""
    return import_module("c2pa")
