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

from generation.runpod.report import JobReport, State
from generation.runpod.untrusted import InvalidJSON, parse_json, storable

from .dialect import SeedOf
from .errors import OutputError, output_error

MAX_IMAGES = 16
_MAX_TEXT_LENGTH = 500


@dataclass(frozen=True, slots=True)
class OutputImage:
    """An image of a result: exactly one of its address and its bytes is set."""

    url: str | None
    data: bytes | None
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a finished job."""

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
        OutputImage(url=one["url"], data=None, filename=one["filename"]) for one in raw["pictures"]
    )
    return Result(images=images, seed=raw["seed"])


def read_report(report: JobReport, *, seed_of: SeedOf) -> Result:
    """Return the result in a final report.

    Raises OutputError, or ValueError if the state is not final.
    """
    if not report.state.final:
        raise ValueError(f"the job is still {report.state.value}")
    output = _decoded(report.output)
    if report.state is State.CANCELED:
        raise OutputError("canceled", report.error)
    if report.state is State.TIMED_OUT:
        raise OutputError("timed_out", report.error)
    if report.state is State.FAILED:
        raise output_error(report.error or _error_in(output) or "")
    images = tuple(_images(output))[:MAX_IMAGES]
    if not images:
        raise _no_image(report, output)
    return Result(
        images=images,
        seed=_seed(seed_of(output)),
        cost=_cost(output),
        warnings=tuple(_warnings(report, output)),
    )


def _no_image(report: JobReport, output: Any) -> OutputError:
    if error := report.error or _error_in(output):
        return output_error(error)
    detail = (
        "the reply has no output"
        if output is None
        else json.dumps(output, default=str)[:_MAX_TEXT_LENGTH]
    )
    return OutputError("no_output", detail)


def _decoded(output: Any) -> Any:
    """Return the output, decoded from JSON text and from the list of one of streaming handlers."""
    if isinstance(output, str) and output.lstrip().startswith(("{", "[")):
        try:
            output = parse_json(output)
        except InvalidJSON:
            return output
    if isinstance(output, list) and len(output) == 1 and isinstance(output[0], dict | list):
        return output[0]
    return output


def _error_in(output: Any) -> Any:
    """Return the error in an output; some endpoints complete with {"error": …} or
    {"status": "error", "message": …}.
    """
    if not isinstance(output, dict):
        return None
    if error := output.get("error"):
        return error
    if str(output.get("status", "")).lower() in ("error", "failed", "failure"):
        return output.get("message") or output.get("detail") or output
    errors = output.get("errors")
    return errors if errors and isinstance(errors, list) else None


def _images(output: Any) -> Iterator[OutputImage]:
    """Yield the images of an output, each once."""
    if isinstance(output, str):
        if output.strip():
            yield _image(output)
    elif isinstance(output, list):
        for item in output:
            if isinstance(item, str | dict):
                yield from _images(item)
    elif isinstance(output, dict) and str(output.get("status", "")).lower() not in (
        "error",
        "failed",
        "failure",
    ):
        # Only one of these keys: worker-sdxl repeats the first of `images` in `image_url`.
        # worker-comfyui before 5.0.0 returned its image in `message`.
        for key in ("images", "image_url", "image", "data", "url", "message", "output", "result"):
            if value := output.get(key):
                name = output.get("filename") or output.get("name")
                if isinstance(value, str):
                    if key == "message" and " " in value.strip():
                        continue  # a text, not an image
                    yield _image(value, name if isinstance(name, str) else "")
                elif isinstance(value, list | dict):
                    yield from _images(value)
                else:
                    continue
                return


def _image(text: str, filename: str = "") -> OutputImage:
    text = text.strip()
    if text[:8].lower().startswith(("https://", "http://")):
        path = urllib.parse.unquote(_address(text).path)
        filename = storable(filename or posixpath.basename(path))
        return OutputImage(url=text, data=None, filename=filename)
    if text[:5].lower() == "data:":
        text = text.partition(",")[2]
    text = "".join(text.split()).rstrip("=")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise OutputError(
            "invalid_output", f"neither an address nor base64: {text[:80]!r}"
        ) from error
    if not data:
        raise OutputError("invalid_output", "an empty image")
    return OutputImage(url=None, data=data, filename=storable(filename))


def _address(text: str) -> urllib.parse.SplitResult:
    """Return the parts of an image's address. Raises OutputError."""
    try:
        parts = urllib.parse.urlsplit(text)
        _ = parts.port  # raises ValueError, like an invalid host
    except ValueError as error:
        raise OutputError("invalid_output", f"{error}: {text[:80]!r}") from error
    if not text.isprintable():
        raise OutputError("invalid_output", f"control characters in {text[:80]!r}")
    return parts


def _seed(seed: int | None) -> int | None:
    return seed if seed is not None and 0 <= seed < 2**63 else None


def cost_in(report: JobReport) -> Decimal | None:
    """Return what a job cost in US dollars, however it ended; None if it is not reported."""
    return _cost(_decoded(report.output))


_MAX_COST = 10_000  # US dollars an image; a larger number is not a price


def _cost(output: Any) -> Decimal | None:
    cost = output.get("cost") if isinstance(output, dict) else None
    if isinstance(cost, bool) or not isinstance(cost, int | float | str):
        return None
    try:
        amount = Decimal(str(cost))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount <= _MAX_COST else None


def _warnings(report: JobReport, output: Any) -> Iterator[str]:
    if report.error:
        yield report.error[:_MAX_TEXT_LENGTH]
    if isinstance(output, dict):
        errors = output.get("errors")
        for error in errors if isinstance(errors, list) else []:
            text = error if isinstance(error, str) else json.dumps(error, default=str)
            yield storable(text[:_MAX_TEXT_LENGTH])
