"""The work of an emulated worker on one job.

Fetch the sources, paint, and format the output, or fail as planned.
"""

import asyncio
import base64
import binascii
import io
import logging
import random
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
from PIL import Image, UnidentifiedImageError

from . import outputs
from .answers import FURTHER_SHAPES, Answer, Answers
from .files import Files
from .inputs import Request
from .jobs import EmulatedJob
from .painting import Painter, TinyPainter, tiny_png

log = logging.getLogger(__name__)

SOURCE_BYTES = 40 * 1024 * 1024
SOURCE_TIMEOUT = aiohttp.ClientTimeout(total=20)  # real seconds
SOURCE_SIDE = 1536
_URL_FAULTS = frozenset(
    {"url_hangs", "url_drips", "url_redirects_private", "url_404", "oversized_picture"}
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a job."""

    state: str = "COMPLETED"
    output: Any = None
    has_output: bool = False
    error: str = ""


class SourceProblem(Exception):
    """A source image cannot be fetched or read."""


class Work:
    """Runs jobs; lives in the emulator's event loop."""

    def __init__(self, *, painter: Painter, files: Files, answers: Answers, seed: int) -> None:
        self._painter, self._files, self._answers = painter, files, answers
        self._random = random.Random(seed)  # noqa: S311  (repeatable, not secret)
        self._session: aiohttp.ClientSession | None = None

    @property
    def slow(self) -> bool:
        """Whether painting takes long enough to report progress."""
        return not isinstance(self._painter, TinyPainter)

    def start(self, job: EmulatedJob, request: Request) -> "asyncio.Task[Outcome]":
        return asyncio.get_running_loop().create_task(self._do(job, request))

    def billed(self, job: EmulatedJob) -> dict[str, Any]:
        """Return the output of a canceled job that costs money."""
        return {"cost": self._answers.of(job.endpoint).cost}

    async def _do(self, job: EmulatedJob, request: Request) -> Outcome:
        answer = self._answers.of(job.endpoint)
        if outcome := _planned(job, answer):
            return outcome
        try:
            sources = [await self._source(text) for text in request.sources]
            mask = await self._source(request.mask) if request.mask else None
            request = _sized(request, sources)
            if mask is not None:
                _check(mask)
        except SourceProblem as problem:
            return Outcome("FAILED", error=str(problem))
        if answer.jpeg and job.dialect not in outputs.INLINE:
            request = replace(request, format="jpeg")
        seed = request.seed if request.seed is not None else self._random.randrange(2**31)

        def painted(part: float) -> None:
            job.painted = max(job.painted, part)

        try:
            data = await self._painter.paint(
                request,
                model=job.endpoint,
                seed=seed,
                sources=sources,
                mask=mask,
                on_progress=painted,
            )
        except (BrokenExecutor, ValueError) as error:
            log.warning("a painter failed: %r", error)
            return Outcome("FAILED", error=f"worker exited: {error}")
        data = _spoiled(job.fault, data)
        if job.dialect in outputs.INLINE:
            if job.fault == "oversized_picture":
                data = tiny_png(30_000, 30_000, 0)
            output = outputs.shape_inline(job.dialect, data, seed=seed, body=job.input)
            if job.fault in FURTHER_SHAPES:
                output = outputs.shape_further(job.fault, data, job.origin + self._files.add(data))
        else:
            if job.fault in FURTHER_SHAPES:
                answer = replace(answer, shape=job.fault)
            fault = job.fault if job.fault in _URL_FAULTS else ""
            extension = "jpeg" if data.startswith(b"\xff\xd8") else "png"
            origin = (answer.cdn and self._files.cdn_url) or job.origin
            url = origin + self._files.add(data, fault=fault, extension=extension)
            output = outputs.shape_public(answer, data, url)
        return Outcome(output=output, has_output=True)

    async def _source(self, text: str) -> bytes:
        """Return a source image from its URL, data: URI or base64."""
        return (
            await self._fetch(text) if text.startswith(("http://", "https://")) else _decode(text)
        )

    async def _fetch(self, url: str) -> bytes:
        """Download a source image, as a public endpoint would."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=SOURCE_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()
            )
        try:
            async with self._session.get(url) as reply:
                if reply.status != 200:
                    raise SourceProblem(
                        f"Invalid image URL: {reply.status} while downloading the image"
                    )
                data = await reply.content.read(SOURCE_BYTES + 1)
                while len(data) <= SOURCE_BYTES and (
                    more := await reply.content.read(SOURCE_BYTES)
                ):
                    data += more
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise SourceProblem(f"Failed to download the image: {type(error).__name__}") from error
        if len(data) > SOURCE_BYTES:
            raise SourceProblem("Invalid image URL: the image is too large")
        return data

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        self._painter.close()


def _planned(job: EmulatedJob, answer: Answer) -> Outcome | None:
    """Return the outcome of a job that fails without painting."""
    failed = outputs.FAILED
    empty = outputs.shape_empty(job.dialect, answer)
    planned = {
        "fail_traceback": Outcome("FAILED", error=outputs.traceback_text(job.worker)),
        "prompt_refused": Outcome("FAILED", error=outputs.REFUSED),
        "out_of_memory": Outcome("FAILED", error=outputs.OUT_OF_MEMORY),
        "failed_output": Outcome("FAILED", output=failed, has_output=True),
        "failed_cost": Outcome("FAILED", output=failed | {"cost": answer.cost}, has_output=True),
        "timed_out": Outcome("TIMED_OUT", error="job timed out after executionTimeout"),
        "canceled": Outcome("CANCELLED"),
        "canceled_cost": Outcome("CANCELLED", output={"cost": answer.cost}, has_output=True),
        "error_in_output": Outcome(output=outputs.ERROR_IN_OUTPUT, has_output=True),
        "no_output": Outcome(),
        "empty_images": Outcome(output=empty, has_output=True),
    }
    return planned.get(job.fault)


def _spoiled(fault: str, data: bytes) -> bytes:
    if fault == "corrupt_picture":
        return data[: len(data) // 2]
    if fault == "not_a_picture":
        return b"<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>"
    if fault == "bomb_picture":
        return tiny_png(30_000, 30_000, 0)
    return data


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(
            text.partition(",")[2] if text.startswith("data:") else text, validate=True
        )
    except (binascii.Error, ValueError) as error:
        raise SourceProblem("Failed to decode the base64 image") from error


def _sized(request: Request, sources: list[bytes]) -> Request:
    """Return the request, with the size of its first source if it has none.

    Every source must be readable.
    """
    sizes = [_check(data) for data in sources]
    if request.width and request.height:
        return request
    width, height = sizes[0] if sizes else (1024, 1024)
    scale = min(1.0, SOURCE_SIDE / max(width, height))
    return replace(
        request, width=max(16, round(width * scale)), height=max(16, round(height * scale))
    )


def _check(data: bytes) -> tuple[int, int]:
    """Return the size of a readable image; raise SourceProblem."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise SourceProblem("cannot identify image file: invalid image") from error
