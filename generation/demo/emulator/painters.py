"""The painters of emulated workers.

A tiny painter for tests, and the demo painter in separate processes.
"""

import asyncio
import io
import itertools
import multiprocessing
import struct
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from typing import Protocol

from PIL import Image, PngImagePlugin

from generation.demo import painting_process
from generation.demo.painter import PaintRequest
from generation.demo.painter_mark import PNG_KEYWORD, XMP

OnProgress = Callable[[float], None]


class Painter(Protocol):
    async def paint(self, request: PaintRequest, *, on_progress: OnProgress) -> bytes: ...

    def close(self) -> None: ...


class TinyPainter:
    """Paints a valid PNG or JPEG of the requested size in a fraction of a millisecond.

    Two colors and a pattern depend on prompt and seed.
    """

    async def paint(self, request: PaintRequest, *, on_progress: OnProgress) -> bytes:
        on_progress(1.0)
        number = zlib.crc32(f"{request.prompt}\0{request.negative_prompt}\0{request.seed}".encode())
        for source in request.sources:
            number = zlib.crc32(source, number)
        paint = tiny_jpeg if request.format == "jpeg" else tiny_png
        painted = paint(request.width, request.height, number)
        if request.sources and (request.mask is not None or request.scale > 1):
            return edited(painted, source=request.sources[0], mask=request.mask)
        return painted

    def close(self) -> None:
        """Do nothing: there is no process to end."""


def tiny_png(width: int, height: int, number: int) -> bytes:
    """Return a PNG with one bit per pixel; colors and pattern depend on a 32-bit number.

    Format: RFC 2083.
    """
    first, second = (
        zlib.crc32(number.to_bytes(4, "big")),
        zlib.crc32(number.to_bytes(4, "little"), 1),
    )
    row = b"\0" + (number.to_bytes(4, "big") * (width // 32 + 1))[: (width + 7) // 8]
    palette = first.to_bytes(4, "big")[:3] + second.to_bytes(4, "big")[:3]
    header = struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"iTXt", PNG_KEYWORD.encode() + b"\0\0\0\0\0" + XMP),
        (b"PLTE", palette),
        (b"IDAT", zlib.compress(row * height, 1)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def tiny_jpeg(width: int, height: int, number: int) -> bytes:
    """Return a JPEG of one color, which depends on a 32-bit number, marked as algorithmic."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), tuple(number.to_bytes(4, "big")[:3])).save(
        file, "JPEG", xmp=XMP
    )
    return file.getvalue()


def edited(painted: bytes, *, source: bytes, mask: bytes | None) -> bytes:
    """Return the source in the size of the painted image, marked as algorithmic.

    Where a mask is white, what was painted shows instead.
    """
    new = Image.open(io.BytesIO(painted)).convert("RGB")
    image = Image.open(io.BytesIO(source)).convert("RGB").resize(new.size)
    if mask is not None:
        area = Image.open(io.BytesIO(mask)).convert("L").resize(new.size)
        image = Image.composite(new, image, area)
    file = io.BytesIO()
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt(PNG_KEYWORD, XMP.decode())
    image.save(file, "PNG", compress_level=1, pnginfo=notes)
    return file.getvalue()


class FullPainter:
    """Paints with `generation.demo.painter` in separate processes.

    It reports progress.
    """

    def __init__(self, *, processes: int) -> None:
        self._processes = processes
        self._context = multiprocessing.get_context("spawn")
        self._progress: painting_process.Progress = self._context.SimpleQueue()
        self._pool = self._new_pool()
        self._numbers = itertools.count()
        self._listeners: dict[int, OnProgress] = {}
        self._reader = threading.Thread(target=self._read, name="painter-progress", daemon=True)
        self._reader.start()

    async def paint(self, request: PaintRequest, *, on_progress: OnProgress) -> bytes:
        number = next(self._numbers)
        loop = asyncio.get_running_loop()
        self._listeners[number] = lambda value: _tell(loop, on_progress, value)
        pool = self._pool
        try:
            return await loop.run_in_executor(
                pool, painting_process.paint_and_encode, number, request
            )
        except BrokenExecutor:
            if self._pool is pool:
                self._pool = self._new_pool()  # a process died: only this image is lost
            raise
        finally:
            del self._listeners[number]

    def close(self) -> None:
        painters = list((getattr(self._pool, "_processes", None) or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for painter in painters:
            painter.terminate()
        for painter in painters:
            painter.join(5)
        self._progress.put(None)
        self._reader.join(5)

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._processes,
            mp_context=self._context,
            initializer=painting_process.begin,
            initargs=(self._progress,),
        )

    def _read(self) -> None:
        while (item := self._progress.get()) is not None:
            number, value = item
            if listener := self._listeners.get(number):
                listener(value)


def _tell(loop: asyncio.AbstractEventLoop, on_progress: OnProgress, value: float) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(on_progress, value)
