"""The emulator as a process, until SIGTERM, Ctrl-C, or the end of its parent."""

import os
import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from artgen.management.number_arguments import SECONDS, Decimal, Span, Whole

from .emulator import Emulator
from .options import EmulatorOptions


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options, and --exit-with-parent, with the defaults of the demo."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=Whole(0, 65535), default=8010, help="8010; 0: a free one")
    parser.add_argument("--public-url", default="", help="base URL of its files, if not HOST:PORT")
    parser.add_argument(
        "--painter", choices=["full", "tiny"], default="full", help="tiny: flat images at once"
    )
    parser.add_argument("--processes", type=Whole(1, 64), default=2, help="painting processes")
    parser.add_argument(
        "--workers", type=Whole(0, 10_000), default=3, help="workers of each endpoint"
    )
    parser.add_argument(
        "--seconds",
        type=Span(0, 86_400),
        default=4,
        help="GPU time of an image, or a range such as 2-8",
    )
    parser.add_argument(
        "--cold-start", type=SECONDS, default=2, help="seconds before an endpoint's first job"
    )
    parser.add_argument(
        "--speed", type=Decimal(0.001, 100_000), default=1, help="emulated seconds per second"
    )
    parser.add_argument(
        "--slow-seconds",
        type=SECONDS,
        default=30,
        help="how long a reply takes with the fault slow",
    )
    parser.add_argument(
        "--late-seconds", type=SECONDS, default=60, help="by which the webhook fault late delays"
    )
    parser.add_argument("--seed", type=Whole(0, 2**63 - 1), default=0, help="seed of random values")
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="exit when standard input ends"
    )


def read_options(arguments: Mapping[str, Any], *, api_key: str | None) -> EmulatorOptions:
    """Return the options among the parsed arguments; others are ignored."""
    names = {field.name for field in fields(EmulatorOptions)} & arguments.keys()
    return EmulatorOptions(**{name: arguments[name] for name in names}, api_key=api_key)


def serve(
    options: EmulatorOptions,
    *,
    exit_with_parent: bool = False,
    on_ready: Callable[[Emulator], None] | None = None,
) -> None:
    """Run an emulator, and return when all its processes have stopped.

    Call it from the main thread, because it handles SIGTERM and SIGINT. With `exit_with_parent` it
    stops when standard input ends (a pipe to the parent, which may have exited) and ignores SIGINT,
    because the parent may have calls in progress. `on_ready` is called when it listens. Raise
    OSError if the port is in use.
    """
    stopped = threading.Event()

    def stop(number: int, frame: object) -> None:
        stopped.set()

    on_interrupt = signal.SIG_IGN if exit_with_parent else stop
    before = {
        number: signal.signal(number, do)
        for number, do in ((signal.SIGTERM, stop), (signal.SIGINT, on_interrupt))
    }
    if exit_with_parent:
        threading.Thread(
            target=_watch_input, args=(stopped,), name="parent-watch", daemon=True
        ).start()
    try:
        with Emulator(options) as emulator:
            if on_ready is not None:
                on_ready(emulator)
            stopped.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch_input(stopped: threading.Event) -> None:
    # Not `sys.stdin.read`: a signal during its lock aborts the interpreter at exit.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    stopped.set()
