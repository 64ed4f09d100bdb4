"""Run a process whose whole output is one JSON object per line.

    python -m artgen.observability.console MODULE|FILE.py [ARGUMENT…]
    … | python -m artgen.observability.console - NAME [LEVEL]

Log lines are JSON already (`JsonFormatter`). This also covers what is not logged: prints, banners,
warnings, errors before logging is configured, tracebacks. `deploy/start.sh` uses it if LOG_FORMAT
is json. The second form is for scripts of the shell.
"""

import logging
import runpy
import sys
import threading
import warnings
from io import TextIOBase
from types import TracebackType
from typing import TextIO

from artgen.observability.logging import JsonFormatter


class Lines(TextIOBase):
    """A text stream that writes each line as a JSON object, and nothing of empty lines."""

    encoding, errors = "utf-8", "backslashreplace"

    def __init__(self, stream: TextIO, *, name: str, level: int) -> None:
        self._stream, self._name, self._level = stream, name, level
        self._format = JsonFormatter().format
        self._lock = threading.RLock()
        self._rest = ""

    def write(self, text: str) -> int:
        """Write the lines that the text completes; keep the rest for later."""
        with self._lock:
            *lines, self._rest = (self._rest + text).split("\n")
            for line in lines:
                self._write(line)
        return len(text)

    def _write(self, line: str) -> None:
        if line.strip():
            record = logging.makeLogRecord({"name": self._name, "msg": line.rstrip()})
            record.levelno, record.levelname = self._level, logging.getLevelName(self._level)
            self._stream.write(f"{self._format(record)}\n")

    def flush(self) -> None:
        """Flush what was written; an incomplete line stays."""
        self._stream.flush()

    def end(self) -> None:
        """Write an incomplete line, too."""
        with self._lock:
            self._write(self._rest)
            self._rest = ""
        self.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True


def install(name: str) -> tuple[Lines, Lines]:
    """Write all output of this process as JSON from now on; return both streams.

    Log lines go past them, to `sys.__stderr__`.
    """
    assert sys.__stdout__ is not None  # noqa: S101 is None only in GUI programs of Windows
    assert sys.__stderr__ is not None  # noqa: S101
    out = Lines(sys.__stdout__, name=name, level=logging.INFO)
    error = Lines(sys.__stderr__, name=name, level=logging.WARNING)
    sys.stdout, sys.stderr = out, error
    log = logging.getLogger(name)
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(JsonFormatter())

    def write(message: str, error: BaseException, traceback: TracebackType | None) -> None:
        # Not through the configured logging, which may be what has failed.
        record = log.makeRecord(
            name, logging.CRITICAL, "", 0, message, (), (type(error), error, traceback)
        )
        handler.handle(record)

    def of_process(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        write("the process ends with an error", error, traceback)

    def of_thread(found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None and not isinstance(found.exc_value, SystemExit):
            write("a thread ended with an error", found.exc_value, found.exc_traceback)

    def unraisable(found: "sys.UnraisableHookArgs") -> None:
        if found.exc_value is not None:
            write(f"error ignored in {found.object!r}", found.exc_value, found.exc_traceback)

    sys.excepthook, threading.excepthook, sys.unraisablehook = of_process, of_thread, unraisable
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").addHandler(handler)
    logging.getLogger("py.warnings").propagate = False
    warnings.simplefilter("default", UserWarning)
    return out, error


def main(arguments: list[str]) -> None:
    """Run what the arguments name."""
    target, *rest = arguments
    if target == "-":
        name, level = rest[0], rest[1] if len(rest) > 1 else "INFO"
        lines = Lines(sys.stdout, name=name, level=logging.getLevelNamesMapping()[level])
        for line in sys.stdin:
            lines.write(line)
        lines.end()
        return
    streams = install(target.removesuffix(".py").rpartition("/")[2])
    sys.argv = [target, *rest]
    try:
        if target.endswith(".py"):
            runpy.run_path(target, run_name="__main__")
        else:
            runpy.run_module(target, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if not isinstance(end.code, str):
            raise
        print(end.code, file=sys.stderr)  # noqa: T201 the output of the process
        raise SystemExit(1) from None
    finally:
        for stream in streams:
            stream.end()


if __name__ == "__main__":
    main(sys.argv[1:])
