"""From a finished report to pictures: every shape in which a worker may hand one over.

Sources: the model pages below https://docs.runpod.io/public-endpoints/reference, and the READMEs of
worker-comfyui (5.x and older), worker-a1111, worker-sdxl and worker-sdxl-turbo. The shapes are told apart by
looking, not by the dialect alone, for versions of a worker differ more than workers do.
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

from generation.runpod.report import Report, State

from .dialect import SeedOf
from .errors import OutputError, output_error

PICTURES_MOST = 16
_TEXT_MOST = 500


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a result: an address to fetch it from, or its bytes; exactly one of the two is set."""

    url: str | None
    data: bytes | None
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a finished job brought."""

    pictures: tuple[Picture, ...]
    seed: int | None = None  # where the worker names one
    cost: Decimal | None = None  # US dollars, where the endpoint names it
    warnings: tuple[str, ...] = ()  # for staff

    def as_json(self) -> dict[str, Any] | None:
        """Return `{"pictures": [{"url", "filename"}], "seed"}`; None where bytes came in place of addresses."""
        if any(picture.url is None for picture in self.pictures):
            return None
        pictures = [{"url": picture.url, "filename": picture.filename} for picture in self.pictures]
        return {"pictures": pictures, "seed": self.seed}

    @property
    def host(self) -> str:
        """The host of the first address, in lower case; empty where there is none."""
        try:
            return (urllib.parse.urlsplit(self.pictures[0].url or "").hostname or "")[:255]
        except ValueError:
            return ""


def result_from(raw: Mapping[str, Any]) -> Result:
    """Return the result that `Result.as_json` described."""
    pictures = tuple(
        Picture(url=one["url"], data=None, filename=one["filename"]) for one in raw["pictures"]
    )
    return Result(pictures=pictures, seed=raw["seed"])


def read_report(report: Report, *, seed_of: SeedOf) -> Result:
    """Return the pictures of a final report.

    Raises OutputError, or ValueError if the job is not at its end.
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
    pictures = tuple(_pictures(output))[:PICTURES_MOST]
    if not pictures:
        raise _no_picture(report, output)
    return Result(
        pictures=pictures,
        seed=_seed(seed_of(output)),
        cost=_cost(output),
        warnings=tuple(_warnings(report, output)),
    )


def _no_picture(report: Report, output: Any) -> OutputError:
    if error := report.error or _error_in(output):
        return output_error(error)
    detail = (
        "the reply has no output"
        if output is None
        else json.dumps(output, default=str)[:_TEXT_MOST]
    )
    return OutputError("no_output", detail)


def _decoded(output: Any) -> Any:
    """Return the output, taken out of JSON text and of a list of one, which streaming handlers make of it."""
    if isinstance(output, str) and output.lstrip().startswith(("{", "[")):
        try:
            output = json.loads(output)
        except (ValueError, RecursionError):
            return output
    if isinstance(output, list) and len(output) == 1 and isinstance(output[0], dict | list):
        return output[0]
    return output


def _error_in(output: Any) -> Any:
    """Return the error inside an output: {"status": "error", "message": …} and {"error".

    …} end COMPLETED at some endpoints.
    """
    if not isinstance(output, dict):
        return None
    if error := output.get("error"):
        return error
    if str(output.get("status", "")).lower() in ("error", "failed", "failure"):
        return output.get("message") or output.get("detail") or output
    errors = output.get("errors")
    return errors if errors and isinstance(errors, list) else None


def _pictures(output: Any) -> Iterator[Picture]:
    """Yield the pictures of an output, each once."""
    if isinstance(output, str):
        if output.strip():
            yield _picture(output)
    elif isinstance(output, list):
        for item in output:
            if isinstance(item, str | dict):
                yield from _pictures(item)
    elif isinstance(output, dict) and str(output.get("status", "")).lower() not in (
        "error",
        "failed",
        "failure",
    ):
        # One of these keys, never two: worker-sdxl puts the first of `images` into `image_url` as well.
        # `message` is where worker-comfyui before 5.0.0 put its picture.
        for key in ("images", "image_url", "image", "data", "url", "message", "output", "result"):
            if value := output.get(key):
                name = output.get("filename") or output.get("name")
                if isinstance(value, str):
                    if key == "message" and " " in value.strip():
                        continue  # words, not a picture
                    yield _picture(value, name if isinstance(name, str) else "")
                elif isinstance(value, list | dict):
                    yield from _pictures(value)
                else:
                    continue
                return


def _picture(text: str, filename: str = "") -> Picture:
    text = text.strip()
    if text[:8].lower().startswith(("https://", "http://")):
        path = urllib.parse.unquote(urllib.parse.urlsplit(text).path)
        return Picture(url=text, data=None, filename=filename or posixpath.basename(path))
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
        raise OutputError("invalid_output", "an empty picture")
    return Picture(url=None, data=data, filename=filename)


def _seed(seed: int | None) -> int | None:
    return seed if seed is not None and 0 <= seed < 2**63 else None


def cost_in(report: Report) -> Decimal | None:
    """Return what RunPod says that a job has cost, in dollars, however it ended; None where it names nothing."""
    return _cost(_decoded(report.output))


_COST_MOST = 10_000  # dollars a picture: beyond it is no price


def _cost(output: Any) -> Decimal | None:
    cost = output.get("cost") if isinstance(output, dict) else None
    if isinstance(cost, bool) or not isinstance(cost, int | float | str):
        return None
    try:
        amount = Decimal(str(cost))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount <= _COST_MOST else None


def _warnings(report: Report, output: Any) -> Iterator[str]:
    if report.error:
        yield report.error[:_TEXT_MOST]
    if isinstance(output, dict):
        errors = output.get("errors")
        for error in errors if isinstance(errors, list) else []:
            yield (error if isinstance(error, str) else json.dumps(error, default=str))[:_TEXT_MOST]
