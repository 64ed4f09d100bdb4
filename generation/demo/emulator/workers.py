"""The work of an emulated worker on one job.

Fetch the sources, paint, and format the output, or fail as planned.
"""

import asyncio
import base64
import binascii
import io
import logging
import math
import random
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, replace

import aiohttp
from PIL import Image, UnidentifiedImageError

from generation.demo.painter import PaintRequest

from . import outputs
from .image_files import ImageFiles
from .input_validation import ImageRequest
from .jobs import EmulatedJob
from .output_formats import FURTHER_SHAPES, OutputFormat, OutputFormats
from .painters import Painter, TinyPainter, tiny_png

log = logging.getLogger(__name__)

SOURCE_BYTES = 40 * 1024 * 1024
SOURCE_TIMEOUT = aiohttp.ClientTimeout(total=20)  # real seconds
SOURCE_SIDE = 1536
_URL_FAULTS = frozenset(
    {"url_hangs", "url_drips", "url_redirects_private", "url_404", "oversized_image"}
)


@dataclass(frozen=True, slots=True)
class WorkResult:
    state: str = "COMPLETED"
    output: object = None
    has_output: bool = False
    error: str = ""


class SourceProblem(Exception):
    """A source image cannot be fetched or read."""


class Workers:
    def __init__(
        self, *, painter: Painter, files: ImageFiles, output_formats: OutputFormats, seed: int
    ) -> None:
        self._painter, self._files, self._output_formats = painter, files, output_formats
        self._random = random.Random(seed)
        self._session: aiohttp.ClientSession | None = None

    @property
    def slow(self) -> bool:
        """Whether painting takes long enough to report progress."""
        return not isinstance(self._painter, TinyPainter)

    def start(self, job: EmulatedJob, request: ImageRequest) -> "asyncio.Task[WorkResult]":
        return asyncio.get_running_loop().create_task(self._do(job, request))

    def charge(self, job: EmulatedJob) -> float:
        return self._output_formats.charge(job.endpoint, job.input)

    def billed_output(self, job: EmulatedJob) -> dict[str, float]:
        return {"cost": self.charge(job)}

    async def _do(self, job: EmulatedJob, request: ImageRequest) -> WorkResult:
        output_format = self._output_formats.of(job.endpoint)
        if planned := _planned(job, output_format):
            return planned
        try:
            order = await self._order(job, request)
        except SourceProblem as problem:
            return WorkResult("FAILED", error=str(problem))
        if output_format.jpeg and job.dialect not in outputs.INLINE:
            order = replace(order, format="jpeg")

        def record_progress(part: float) -> None:
            job.painted = max(job.painted, part)

        try:
            data = await self._painter.paint(order, on_progress=record_progress)
        except (BrokenExecutor, ValueError) as error:
            log.warning("a painter failed: %r", error)
            return WorkResult("FAILED", error=f"worker exited: {error}")
        data = _spoiled(job.fault, data)
        if job.dialect in outputs.INLINE:
            output = self._inline_output(job, data, seed=order.seed)
        else:
            output = self._public_output(job, data, output_format)
        return WorkResult(output=output, has_output=True)

    async def _order(self, job: EmulatedJob, request: ImageRequest) -> PaintRequest:
        """Fetch the sources. Raise SourceProblem."""
        sources = [await self._source(text) for text in request.sources]
        mask = await self._source(request.mask) if request.mask else None
        width, height = _size(request, sources)
        if mask is not None:
            _check(mask)
        seed = request.seed if request.seed is not None else self._random.randrange(2**31)
        return PaintRequest(
            prompt=request.prompt,
            width=width,
            height=height,
            seed=seed,
            model=job.endpoint,
            negative_prompt=request.negative_prompt,
            sources=tuple(sources),
            strength=request.strength,
            mask=mask,
            scale=request.scale,
            format="jpeg" if request.format == "jpeg" else "png",
        )

    def _inline_output(self, job: EmulatedJob, data: bytes, *, seed: int) -> object:
        if job.fault == "oversized_image":
            data = tiny_png(30_000, 30_000, 0)
        if job.fault in FURTHER_SHAPES:
            return outputs.shape_further(job.fault, data, job.origin + self._files.add(data))
        return outputs.shape_inline(job.dialect, data, seed=seed, body=job.input)

    def _public_output(self, job: EmulatedJob, data: bytes, output_format: OutputFormat) -> object:
        if job.fault in FURTHER_SHAPES:
            output_format = replace(output_format, shape=job.fault)
        fault = job.fault if job.fault in _URL_FAULTS else ""
        extension = "jpeg" if data.startswith(b"\xff\xd8") else "png"
        origin = (output_format.cdn and self._files.cdn_url) or job.origin
        url = origin + self._files.add(data, fault=fault, extension=extension)
        return outputs.shape_public(output_format, data, url)

    async def _source(self, text: str) -> bytes:
        return (
            await self._fetch(text) if text.startswith(("http://", "https://")) else _decode(text)
        )

    async def _fetch(self, url: str) -> bytes:
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


def _planned(job: EmulatedJob, output_format: OutputFormat) -> WorkResult | None:
    """Return the outcome of a job that fails without painting."""
    failed = outputs.FAILED
    empty = outputs.shape_empty(job.dialect, output_format)
    planned = {
        "fail_traceback": WorkResult("FAILED", error=outputs.traceback_text(job.worker)),
        "prompt_refused": WorkResult("FAILED", error=outputs.REFUSED),
        "out_of_memory": WorkResult("FAILED", error=outputs.OUT_OF_MEMORY),
        "failed_output": WorkResult("FAILED", output=failed, has_output=True),
        "failed_cost": WorkResult(
            "FAILED", output=failed | {"cost": output_format.cost}, has_output=True
        ),
        "timed_out": WorkResult("TIMED_OUT", error="job timed out after executionTimeout"),
        "canceled": WorkResult("CANCELLED"),
        "canceled_cost": WorkResult(
            "CANCELLED", output={"cost": output_format.cost}, has_output=True
        ),
        "error_in_output": WorkResult(output=outputs.ERROR_IN_OUTPUT, has_output=True),
        "no_output": WorkResult(),
        "empty_images": WorkResult(output=empty, has_output=True),
    }
    return planned.get(job.fault)


def _spoiled(fault: str, data: bytes) -> bytes:
    if fault == "corrupt_image":
        return data[: len(data) // 2]
    if fault == "not_an_image":
        return b"<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>"
    if fault == "bomb_image":
        return tiny_png(30_000, 30_000, 0)
    return data


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(
            text.partition(",")[2] if text.startswith("data:") else text, validate=True
        )
    except (binascii.Error, ValueError) as error:
        raise SourceProblem("Failed to decode the base64 image") from error


def _size(request: ImageRequest, sources: list[bytes]) -> tuple[int, int]:
    """Return the requested size, or that of the first source if there is none.

    Every source must be readable.
    """
    sizes = [_check(data) for data in sources]
    if request.width and request.height:
        return request.width, request.height
    width, height = sizes[0] if sizes else (1024, 1024)
    if request.megapixels:
        scale = math.sqrt(request.megapixels * 1_000_000 / (width * height))
        return round(width * scale), round(height * scale)
    scale = min(1.0, SOURCE_SIDE / max(width, height))
    return max(16, round(width * scale)), max(16, round(height * scale))


def _check(data: bytes) -> tuple[int, int]:
    """Return the size of a readable image; raise SourceProblem."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise SourceProblem("cannot identify image file: invalid image") from error
