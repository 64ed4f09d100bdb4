"""The ASGI application behind a real HTTP server, and workers beside it, in this process."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import connection
from hypercorn.asyncio import serve
from hypercorn.config import Config

from artgen.processes.asgi_http import AsgiHttp
from generation.demo.emulator import Emulator
from generation.testing.cases import make_due, work
from generation.testing.services import free_port


@contextmanager
def asgi_server() -> Iterator[str]:
    """Serve until the block ends; yield the address."""
    port, loop, stop = free_port(), asyncio.new_event_loop(), asyncio.Event()
    config = Config()
    config.bind, config.graceful_timeout = [f"127.0.0.1:{port}"], 0.1
    config.errorlog = None

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await http(scope, receive, send)

    async def run() -> None:
        await serve(application, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]

    http = AsgiHttp()
    thread = threading.Thread(target=loop.run_until_complete, args=[run()])
    thread.start()
    try:
        while True:
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@contextmanager
def workers(emulator: Emulator) -> Iterator[None]:
    """Let RunPod and the workers go on until the block ends, two seconds at a time."""
    is_over = threading.Event()

    def go_on() -> None:
        try:
            while not is_over.wait(0.05):
                emulator.advance(2)
                make_due()
                work()
        finally:
            connection.close()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
