"""Metadata in image files: the kind of source (always) and the parameters (if wanted).

The source is IPTC's DigitalSourceType in an XMP packet, which PNG, JPEG and WebP support.
Source: https://iptc.org/std/photometadata/specification/IPTC-PhotoMetadata
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import escape, unescape

from generation.imaging import credentials
from generation.imaging.containers import jpeg, png, webp
from generation.imaging.credentials import SOURCE_TYPES

TRAINED = "trainedAlgorithmicMedia"  # made by a trained model
ALGORITHMIC = "algorithmicMedia"  # made by a program without training, such as the demo painter
COMPOSITE = "compositeWithTrainedAlgorithmicMedia"  # something else, changed by a trained model
TEXT = "parameters"  # the keyword of the text in a PNG
LOST = "The original file has content credentials (C2PA), which this copy has not."
# https://www.w3.org/TR/xml/#charsets
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TOOL = "<xmp:CreatorTool>ArtGen</xmp:CreatorTool>"
_MODEL = re.compile(rb"<Iptc4xmpExt:AISystemUsed>([^<]{1,200})<")
_SOURCE_TYPE = re.compile(re.escape(SOURCE_TYPES).encode() + rb"(\w+)")
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    f' xmlns:artgen="urn:artgen:xmp:1/">{TOOL}%s'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def described(
    data: bytes, *, parameters: Mapping[str, Any] | None = None, source_type: str = ""
) -> bytes:
    """Return the file with its source type and parameters; other metadata and pixels stay.

    A file keeps its type, unless the source type is given. A JPEG cannot hold parameters of more
    than 64 kB and gets the source type only. Bytes that are not PNG, JPEG or WebP are returned
    unchanged, and so is a file with credentials: any change would invalidate their signature.

    Raises:
        generation.imaging.containers.errors.Malformed: a WebP file ends inside the image, or any
        has thousands of parts.
    """
    if credentials.present(data):
        return data
    kind = source_type or source_type_of(data)
    xmp = packet(kind, parameters)
    if data.startswith(jpeg.SIGNATURE) and len(xmp) > jpeg.XMP_MAX:
        xmp = packet(kind)
    return with_packet(data, xmp, texts={TEXT: _json(parameters)} if parameters else {})


def with_packet(data: bytes, xmp: bytes, *, texts: Mapping[str, str] | None = None) -> bytes:
    """Return the file with this XMP packet and, if PNG, texts; raises as `described` does."""
    if data.startswith(png.SIGNATURE):
        return png.with_notes(data, xmp=xmp, texts=texts or {})
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.with_notes(data, xmp=xmp)
    return webp.with_notes(data, xmp=xmp) if webp.is_webp(data) else data


def without_parameters(data: bytes) -> bytes:
    """Return the file with source type, color profile and orientation, without other metadata.

    The pixels stay. Where we had signed the file, the copy is signed, too, without the model. Bytes
    that are not PNG, JPEG or WebP are returned unchanged.

    Raises:
        generation.imaging.containers.errors.Malformed: a WebP file ends inside the image, or any
        has thousands of parts.
    """
    claim = credentials.read(data)
    xmp = packet_of_copy(data, is_restated=claim is not None)
    if data.startswith(png.SIGNATURE):
        data = png.without_notes(data, xmp=xmp)
    elif data.startswith(jpeg.SIGNATURE):
        data = jpeg.without_notes(data, xmp=xmp)
    elif webp.is_webp(data):
        data = webp.without_notes(data, xmp=xmp)
    return credentials.signed(data, replace(claim, model="")) if claim else data


def packet_of(data: bytes) -> bytes:
    """Return the file's XMP packet, b"" where none can be read."""
    if data.startswith(png.SIGNATURE):
        return png.xmp(data)
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.xmp(data)
    return webp.xmp(data) if webp.is_webp(data) else b""


def source_type_of(data: bytes) -> str:
    """Return ALGORITHMIC or COMPOSITE if the file has that source type, else TRAINED."""
    match = _SOURCE_TYPE.search(packet_of(data))
    kind = match[1].decode() if match else ""
    return kind if kind in (ALGORITHMIC, COMPOSITE) else TRAINED


def model_named(data: bytes) -> str | None:
    """Return the model in the XMP of an ArtGen, "" without one; None if no ArtGen wrote it."""
    xmp = packet_of(data)
    if TOOL.encode() not in xmp:
        return None
    model = _MODEL.search(xmp)
    return unescape(model[1].decode(errors="replace")) if model else ""


def packet_of_copy(data: bytes, *, source_type: str = "", is_restated: bool = False) -> bytes:
    """Return the XMP packet of a changed copy: the source type, and whether it loses credentials.

    `is_restated`: the file has ours, and the copy will be signed. Raises Malformed as `described`.
    """
    had = credentials.present(data) and not is_restated
    is_lost = had or LOST.encode() in packet_of(data)
    return packet(source_type or source_type_of(data), lost=LOST if is_lost else "")


def packet(
    source_type: str, parameters: Mapping[str, Any] | None = None, *, lost: str = ""
) -> bytes:
    """Return an XMP packet with the source type and, if given, model, prompt and parameters."""
    properties = {
        "Iptc4xmpExt:DigitalSourceType": f"{SOURCE_TYPES}{source_type}",
        "artgen:lost": lost,
    }
    if parameters:
        prompt, negative = (
            str(parameters.get(name) or "") for name in ("prompt", "negative_prompt")
        )
        properties["Iptc4xmpExt:AISystemUsed"] = str(parameters.get("model") or "")
        properties["Iptc4xmpExt:AIPromptInformation"] = (
            f"{prompt}\nNegative prompt: {negative}" if negative else prompt
        )
        properties["artgen:parameters"] = _json(parameters)
    elements = (
        f"<{name}>{escape(_clean(text))}</{name}>" for name, text in properties.items() if text
    )
    return (_PACKET % "".join(elements)).encode()


def _json(parameters: Mapping[str, Any]) -> str:
    """Return JSON in which characters that XML does not allow are escaped."""
    return NOT_XML.sub(
        lambda match: f"\\u{ord(match[0]):04x}", json.dumps(parameters, ensure_ascii=False)
    )


def _clean(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)
