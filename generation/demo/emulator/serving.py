"""The emulator as a process of its own: until SIGTERM, Ctrl-C, or the end of its parent."""

import os
import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Mapping

from .answers import SHAPES
from .emulator import Emulator


def add_arguments(parser: ArgumentParser) -> None:
    """Let a command take how the emulator behaves, named as by `serve`; the defaults are the demo's."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument(
        "--public-url", default="", help="where others reach its files, if not at HOST:PORT"
    )
    parser.add_argument(
        "--cdn",
        default="",
        help="a second host for the files of kontext and qwen-image-edit, as RunPod has: a name of this machine "
        "such as localhost, or an address; RUNPOD_IMAGE_HOSTS must name it with its port",
    )
    parser.add_argument(
        "--shape",
        choices=["recorded", *SHAPES],
        default="recorded",
        help="what public endpoints put around a result: as recorded from RunPod, or one shape for all",
    )
    parser.add_argument(
        "--file-format",
        choices=["recorded", "asked", "jpeg"],
        default="recorded",
        help="recorded: FLUX sends JPEG whatever is asked for",
    )
    parser.add_argument(
        "--painter", choices=["full", "tiny"], default="full", help="tiny: flat pictures at once"
    )
    parser.add_argument("--processes", type=int, default=2, help="painting processes")
    parser.add_argument(
        "--workers", type=int, default=3, help="jobs that one endpoint does at a time"
    )
    parser.add_argument("--seconds", type=float, default=4, help="GPU time of a picture")
    parser.add_argument(
        "--cold-start", type=float, default=2, help="seconds before an endpoint's first job"
    )
    parser.add_argument(
        "--speed", type=float, default=1, help="10 makes ten emulated seconds of one"
    )
    parser.add_argument("--seed", type=int, default=0, help="of everything that is drawn by chance")
    parser.add_argument(
        "--no-rate-limits",
        dest="rate_limits",
        action="store_false",
        help="answer no 429 of its own accord",
    )
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="end when standard input ends"
    )


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8010,
    api_key: str | None = None,
    painter: str = "full",
    processes: int = 2,
    speed: float = 1.0,
    workers: int = 3,
    seconds: float | tuple[float, float] = (4.0, 6.0),
    cold_start: float = 2.0,
    progress: bool = True,
    rate_limits: bool = True,
    dialects: Mapping[str, str] | None = None,
    public_url: str = "",
    cdn: str = "",
    shape: str = "recorded",
    file_format: str = "recorded",
    slow_seconds: float = 30.0,
    seed: int = 0,
    exit_with_parent: bool = False,
    on_ready: Callable[[Emulator], None] | None = None,
) -> None:
    """Run the emulator and return when it has been stopped, with every process of it gone.

    Call it from the main thread, for it handles SIGTERM and SIGINT. `exit_with_parent` stops it
    when standard input ends, as it does when the parent that opened it as a pipe is gone, and
    leaves SIGINT to that parent, which may have calls under way: a submission cut off is known to
    nobody. `on_ready` is called once it listens. The other arguments are those of `Emulator`, with
    the demo's defaults. Raises OSError when the port is taken.
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
        with Emulator(
            host=host,
            port=port,
            api_key=api_key,
            painter=painter,
            processes=processes,
            speed=speed,
            workers=workers,
            seconds=seconds,
            cold_start=cold_start,
            progress=progress,
            rate_limits=rate_limits,
            dialects=dialects,
            public_url=public_url,
            cdn=cdn,
            shape=shape,
            file_format=file_format,
            slow_seconds=slow_seconds,
            seed=seed,
        ) as emulator:
            if on_ready is not None:
                on_ready(emulator)
            stopped.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch_input(stopped: threading.Event) -> None:
    # Not `sys.stdin.read`: its lock, held while waiting, makes the interpreter abort when a signal
    # ends it first.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    stopped.set()
