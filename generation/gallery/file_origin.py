"""Whether a file was made here, for anybody who has it; nothing about the image's owner."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from generation.imaging import credentials, metadata
from generation.imaging.containers.errors import Malformed
from generation.models import Image, ImageModel


class Proof(StrEnum):
    """What says where a file is from. METADATA is no proof: anybody can write it."""

    SIGNATURE = "signature"
    FILE = "file"
    METADATA = "metadata"
    NONE = ""


@dataclass(frozen=True)
class FileOrigin:
    """What is known of a file: `model` is a name for people, "" if unknown."""

    proof: Proof
    model: str = ""
    made_at: datetime | None = None
    has_unknown_signature: bool = False

    @property
    def made_here(self) -> bool:
        return self.proof in (Proof.SIGNATURE, Proof.FILE)


def of(data: bytes) -> FileOrigin:
    """Return what our signature, the same file in a gallery, or else the metadata say.

    Images in the trash are not compared, nor, of course, deleted ones. A saved copy has a file of
    its own if its original is shown without parameters: when that was made is not known.
    """
    try:
        claim, model = credentials.read(data), metadata.model_named(data)
        is_signed = claim is None and credentials.present(data)
    except Malformed:
        claim, model, is_signed = None, None, False
    if claim:
        return FileOrigin(Proof.SIGNATURE, _name_of(claim.model), claim.made_at)
    same = Image.objects.kept().filter(sha256=hashlib.sha256(data).hexdigest())
    if image := same.select_related("model").order_by("id").first():
        made_at = None if image.is_saved else image.created_at
        return FileOrigin(Proof.FILE, image.model.name if image.model else "", made_at, is_signed)
    proof = Proof.NONE if model is None else Proof.METADATA
    return FileOrigin(proof, _name_of(model or ""), has_unknown_signature=is_signed)


def _name_of(slug: str) -> str:
    name: str | None = ImageModel.objects.filter(slug=slug).values_list("name", flat=True).first()
    return name or slug
