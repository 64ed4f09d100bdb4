"""The image files of the emulator's public endpoints.

`GET /files/NAME`, without the API key.
"""

import asyncio
import contextlib
import uuid
from collections import OrderedDict
from dataclasses import dataclass

from aiohttp import web

KEPT_BYTES = 512 * 1024 * 1024
OVERSIZE = 64 * 1024 * 1024
PRIVATE = "http://169.254.169.254/latest/meta-data/"
_TYPES = ((b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"), (b"RIFF", "image/webp"))


@dataclass(frozen=True, slots=True)
class ServedFile:
    data: bytes
    fault: str = ""


class ImageFiles:
    def __init__(self) -> None:
        self.cdn_url = ""  # the base URL of the second host; "": all files are on the first
        self._files: OrderedDict[str, ServedFile] = OrderedDict()
        self._bytes = 0

    def add(self, data: bytes, *, fault: str = "", extension: str = "png") -> str:
        name = f"{uuid.uuid4().hex}.{extension}"
        self._files[name] = ServedFile(data, fault)
        self._bytes += len(data)
        while self._bytes > KEPT_BYTES and len(self._files) > 1:
            _, oldest = self._files.popitem(last=False)
            self._bytes -= len(oldest.data)
        return f"/files/{name}"

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/files/{name}", self._serve)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        file = self._files.get(request.match_info["name"])
        if file is None or file.fault == "url_404":
            raise web.HTTPNotFound(text="no such file")
        if file.fault == "url_redirects_private":
            raise web.HTTPFound(PRIVATE)
        if request.method == "HEAD" or not file.fault:
            kind = next(
                (kind for start, kind in _TYPES if file.data.startswith(start)), "text/html"
            )
            return web.Response(body=file.data, content_type=kind)
        reply = web.StreamResponse(headers={"Content-Type": "image/png"})
        await reply.prepare(request)
        with contextlib.suppress(ConnectionError):  # the client has disconnected
            await _send_faulty(reply, file)
        return reply


async def _send_faulty(reply: web.StreamResponse, file: ServedFile) -> None:
    if file.fault == "oversized_image":
        await reply.write(file.data)
        for _ in range(OVERSIZE // 65_536):
            await reply.write(bytes(65_536))
    elif file.fault == "url_drips":
        for byte in file.data:
            await reply.write(bytes([byte]))
            await asyncio.sleep(0.2)
    else:
        await asyncio.Event().wait()  # until the client or the emulator closes
