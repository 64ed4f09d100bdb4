"""Metadata in image files: the kind of source (always) and the parameters (if wanted).

The source is IPTC's DigitalSourceType in an XMP packet, which PNG, JPEG and WebP support.
Source: https://iptc.org/std/photometadata/specification/IPTC-PhotoMetadata
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from generation.imaging.containers import jpeg, png, webp

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED = "trainedAlgorithmicMedia"  # made by a trained model
ALGORITHMIC = "algorithmicMedia"  # made by a program without training, such as the demo painter
TEXT = "parameters"  # the keyword of the text in a PNG
# https://www.w3.org/TR/xml/#charsets
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SOURCE_TYPE = re.compile(re.escape(SOURCE_TYPES).encode() + rb"(\w+)")
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' xmlns:artgen="urn:artgen:xmp:1/"><xmp:CreatorTool>ArtGen</xmp:CreatorTool>%s'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def described(
    data: bytes, *, parameters: Mapping[str, Any] | None = None, source_type: str = ""
) -> bytes:
    """Return the file with its source type and parameters; other metadata and pixels stay.

    A file marked ALGORITHMIC keeps that, unless the source type is given. A JPEG cannot hold
    parameters of more than 64 kB and gets the source type only. Bytes that are not PNG, JPEG or
    WebP are returned unchanged.

    Raises:
        generation.imaging.containers.errors.Malformed: a WebP file ends inside the image, or any
        has thousands of parts.
    """
    kind = source_type or source_type_of(data)
    xmp = packet(kind, parameters)
    if data.startswith(png.SIGNATURE):
        texts = {TEXT: _json(parameters)} if parameters else {}
        return png.with_notes(data, xmp=xmp, texts=texts)
    if data.startswith(jpeg.SIGNATURE):
        fits = len(xmp) <= jpeg.XMP_MAX
        return jpeg.with_notes(data, xmp=xmp if fits else packet(kind))
    if webp.is_webp(data):
        return webp.with_notes(data, xmp=xmp)
    return data


def without_parameters(data: bytes) -> bytes:
    """Return the file with source type, color profile and orientation, without other metadata.

    The pixels stay. Bytes that are not PNG, JPEG or WebP are returned unchanged.

    Raises:
        generation.imaging.containers.errors.Malformed: a WebP file ends inside the image, or any
        has thousands of parts.
    """
    xmp = packet(source_type_of(data))
    if data.startswith(png.SIGNATURE):
        return png.without_notes(data, xmp=xmp)
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.without_notes(data, xmp=xmp)
    if webp.is_webp(data):
        return webp.without_notes(data, xmp=xmp)
    return data


def packet_of(data: bytes) -> bytes:
    """Return the file's XMP packet, b"" where none can be read."""
    if data.startswith(png.SIGNATURE):
        return png.xmp(data)
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.xmp(data)
    return webp.xmp(data) if webp.is_webp(data) else b""


def source_type_of(data: bytes) -> str:
    """Return ALGORITHMIC if the file has that source type, else TRAINED."""
    match = _SOURCE_TYPE.search(packet_of(data))
    return ALGORITHMIC if match and match[1].decode() == ALGORITHMIC else TRAINED


def packet(source_type: str, parameters: Mapping[str, Any] | None = None) -> bytes:
    """Return an XMP packet with the source type and, if given, model, prompt and parameters."""
    properties = {"Iptc4xmpExt:DigitalSourceType": f"{SOURCE_TYPES}{source_type}"}
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
