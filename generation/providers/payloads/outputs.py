"""Read the images of a finished report, in every shape that workers return.

Sources: the model pages below https://docs.runpod.io/public-endpoints/reference, and the READMEs of
worker-comfyui (5.x and older), worker-a1111, worker-sdxl and worker-sdxl-turbo. The shape is
detected and not derived from the dialect, because versions of one worker differ more than workers.
"""

import base64
import binascii
import json
import posixpath
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from artgen.http.untrusted import InvalidJSON, parse_json, shortened, storable
from generation.providers.job_report import JobReport, RemoteState

from .dialect import SeedOf
from .vendor_errors import OutputError, output_error

MAX_IMAGES = 16
_MAX_TEXT_LENGTH = 500
_SHOWN_TEXT_LENGTH = 60  # of each text in an output that is shown to staff
_MIN_BASE64_LENGTH = 40  # the smallest WebP has 30 bytes
_MAX_EMPTY_LENGTH = 1000  # of a reply without texts; longer ones list bytes or pixels as numbers
_VIDEO_NAMES = (".mp4", ".webm", ".mov", ".mkv")
# Where workers put images. worker-comfyui before 5.0.0 returned its image in `message`, servers
# of OpenAI's format in `data[].b64_json`, runpod/worker-vllm-omni in `data_b64`.
_KEYS = (
    *("images", "image_url", "image", "data", "url", "message", "output", "outputs", "result"),
    *("b64_json", "data_b64", "image_base64", "video", "videos", "video_url"),
)
_DESCRIPTIONS = frozenset(
    {"status", "message", "error", "errors", "detail", "cost", "info", "parameters"}
)


@dataclass(frozen=True, slots=True)
class OutputImage:
    """An image of a result: exactly one of its address and its bytes is set."""

    url: str | None
    data: bytes | None
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    images: tuple[OutputImage, ...]
    seed: int | None = None  # if the worker returns it
    cost: Decimal | None = None  # US dollars, if the endpoint returns it
    warnings: tuple[str, ...] = ()  # for staff

    def as_json(self) -> dict[str, Any] | None:
        """Return `{"pictures": [{"url", "filename"}], "seed"}`; None if it contains bytes."""
        if any(image.url is None for image in self.images):
            return None
        images = [{"url": image.url, "filename": image.filename} for image in self.images]
        return {"pictures": images, "seed": self.seed}

    @property
    def host(self) -> str:
        """The host of the first address, in lower case; empty if there is none."""
        try:
            return (urllib.parse.urlsplit(self.images[0].url or "").hostname or "")[:255]
        except ValueError:
            return ""


def result_from(raw: Mapping[str, Any]) -> Result:
    """Return the result from its `Result.as_json`."""
    images = tuple(
        OutputImage(url=image["url"], data=None, filename=image["filename"])
        for image in raw["pictures"]
    )
    return Result(images=images, seed=raw["seed"])


def read_report(report: JobReport, *, seed_of: SeedOf, images_at: str = "") -> Result:
    """Return the result in a final report.

    `images_at` is `RequestFormat.images`. Raises OutputError, or ValueError if the state is not
    final.
    """
    if not report.state.final:
        raise ValueError(f"the job is still {report.state.value}")
    output = _decoded(report.output)
    is_paid = bool(_cost(output))
    if report.state is RemoteState.CANCELED:
        raise OutputError("canceled", report.error)
    if report.state is RemoteState.TIMED_OUT:
        raise OutputError("timed_out", report.error, retryable=not is_paid)
    if report.state is RemoteState.FAILED:
        raise output_error(report.error or _error_in(output) or "", is_paid=is_paid)
    media = [medium for part in _parts(output, images_at) for medium in _media(part)]
    images = tuple(medium for medium in media if not _is_video(medium))[:MAX_IMAGES]
    if not images:
        raise _no_image_error(report, output, is_paid=is_paid, has_video=bool(media))
    return Result(
        images=images,
        seed=_seed(seed_of(output)),
        cost=_cost(output),
        warnings=tuple(_warnings(report, output)),
    )


def _no_image_error(
    report: JobReport, output: object, *, is_paid: bool, has_video: bool
) -> OutputError:
    texts = list(_texts(output))
    rest = output if isinstance(output, dict) else {"": output}
    size = sum(len(str(rest[key])) for key in rest.keys() - _DESCRIPTIONS)
    is_unread = is_paid or bool(texts) or size > _MAX_EMPTY_LENGTH
    detail = "the reply has no output"
    if output is not None:
        shown = shortened(output, max_text=_SHOWN_TEXT_LENGTH)
        detail = json.dumps(shown, ensure_ascii=False, default=str)[:_MAX_TEXT_LENGTH]
    if has_video:
        return OutputError("invalid_output", f"a video, not an image: {detail}", is_unread=True)
    if error := report.error or _error_in(output):
        return output_error(error, is_paid=is_unread, is_unread=is_unread)
    if any(_may_be_file(text) for text in texts):
        return OutputError("unreadable", detail, is_unread=True)
    return OutputError("no_output", detail, retryable=not is_unread, is_unread=is_unread)


def _decoded(output: object) -> Any:
    """Return the output, decoded from JSON text and from the list of one of streaming handlers."""
    if isinstance(output, str) and output.lstrip().startswith(("{", "[")):
        try:
            output = parse_json(output)
        except InvalidJSON:
            return output
    if isinstance(output, list) and len(output) == 1 and isinstance(output[0], dict | list):
        return output[0]
    return output


def _error_in(output: object) -> Any:
    """Return the error in an output; some endpoints complete with {"error": …} or
    {"status": "error", "message": …}.
    """
    if not isinstance(output, dict):
        return None
    if error := output.get("error"):
        return error
    if _has_failed(output):
        return output.get("message") or output.get("detail") or output
    errors = output.get("errors")
    return errors if errors and isinstance(errors, list) else None


def _has_failed(output: Mapping[str, Any]) -> bool:
    return str(output.get("status", "")).lower() in ("error", "failed", "failure")


def _parts(output: object, images_at: str) -> list[Any]:
    """Return the parts of an output at a path such as "data[].b64_json"; without one, all of it."""
    parts = [output]
    for name in images_at.replace("[]", "").split(".") if images_at else ():
        items = [item for part in parts for item in (part if isinstance(part, list) else [part])]
        parts = (
            [item[name] for item in items if isinstance(item, dict) and name in item]
            if name
            else items
        )
    return parts


def _media(output: object) -> list[OutputImage]:
    """Return the images and videos of an output, each once."""
    if isinstance(output, str):
        return [medium] if (medium := _medium(output)) else []
    if isinstance(output, list):
        return [
            medium for item in output if isinstance(item, str | dict) for medium in _media(item)
        ]
    if isinstance(output, dict) and not _has_failed(output):
        name = output.get("filename") or output.get("name")
        # Only one of these keys: worker-sdxl repeats the first of `images` in `image_url`.
        for key in _KEYS:
            value = output.get(key)
            if isinstance(value, str) and isinstance(name, str):
                media = [medium] if (medium := _medium(value, name)) else []
            else:
                media = _media(value)
            if media:
                return media
    return []


def _medium(text: str, filename: str = "") -> OutputImage | None:
    """Return what is at an address or encoded in base64; None for any other text."""
    text = text.strip()
    if text[:8].lower().startswith(("https://", "http://")):
        if not text.isprintable() or (path := _path(text)) is None:
            return None
        return OutputImage(
            url=text, data=None, filename=storable(filename or posixpath.basename(path))
        )
    if text[:5].lower() == "data:":
        text = text.partition(",")[2]
    if len(text) < _MIN_BASE64_LENGTH or " " in text:
        return None
    text = "".join(text.split()).rstrip("=")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return OutputImage(url=None, data=data, filename=storable(filename))


def _path(address: str) -> str | None:
    """Return the path of an address; None if the address is invalid."""
    try:
        parts = urllib.parse.urlsplit(address)
        _ = parts.port  # raises ValueError, like an invalid host
    except ValueError:
        return None
    return urllib.parse.unquote(parts.path)


def _is_video(medium: OutputImage) -> bool:
    """Return whether the first bytes, or the name at the address, are those of a video."""
    if medium.data is None:
        return (_path(medium.url or "") or "").lower().endswith(_VIDEO_NAMES)
    # ISO/IEC 14496-12, without the images of that format: AVIF and HEIC; and Matroska, WebM.
    start = medium.data[:12]
    is_iso = start[4:8] == b"ftyp" and start[8:12] not in (b"avif", b"heic", b"mif1")
    return is_iso or start.startswith(b"\x1a\x45\xdf\xa3")


def _texts(output: object) -> Iterator[str]:
    """Yield the texts of an output, except those that only describe it."""
    if isinstance(output, str) and output.strip():
        yield output.strip()
    elif isinstance(output, list):
        for item in output:
            yield from _texts(item)
    elif isinstance(output, dict):
        for key, value in output.items():
            is_address = key == "message" and "/" in str(value) and " " not in str(value)
            if key not in _DESCRIPTIONS or is_address:
                yield from _texts(value)


def _may_be_file(text: str) -> bool:
    """Return whether the text may be an address, a path or an encoded file."""
    return " " not in text and (len(text) >= _MIN_BASE64_LENGTH or "/" in text or "." in text)


def _seed(seed: int | None) -> int | None:
    return seed if seed is not None and 0 <= seed < 2**63 else None


def cost_in(report: JobReport) -> Decimal | None:
    """Return what a job cost in US dollars, however it ended; None if it is not reported."""
    return _cost(_decoded(report.output))


_MAX_COST = 10_000  # US dollars an image; a larger number is not a price


def _cost(output: object) -> Decimal | None:
    cost = output.get("cost") if isinstance(output, dict) else None
    if isinstance(cost, bool) or not isinstance(cost, int | float | str):
        return None
    try:
        amount = Decimal(str(cost))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount <= _MAX_COST else None


def _warnings(report: JobReport, output: object) -> Iterator[str]:
    if report.error:
        yield report.error[:_MAX_TEXT_LENGTH]
    if isinstance(output, dict):
        errors = output.get("errors")
        for error in errors if isinstance(errors, list) else []:
            text = error if isinstance(error, str) else json.dumps(error, default=str)
            yield storable(text[:_MAX_TEXT_LENGTH])
