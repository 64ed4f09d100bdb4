"""The base of all commands: how they show refusals, and how they end on a signal."""

import json
import signal
import sys
from types import FrameType
from typing import Any, NoReturn

from django.core.management.base import BaseCommand as DjangoCommand
from django.core.management.base import CommandError
from django.db import Error as DatabaseError
from django.utils import translation

from artgen.management import database_errors
from artgen.management.progress import ProgressCounter
from artgen.refusals import Refusal


class BaseCommand(DjangoCommand):
    """A command that ends with the message of a refusal that it does not handle itself.

    On SIGTERM and Ctrl-C it ends like after an error, in the middle of its work: transactions are
    rolled back, files are closed. It says so in one line; the exit status is 128 + the signal.
    """

    def run_from_argv(self, argv: list[str]) -> None:
        self.is_from_shell = True
        for argument in argv:
            if not _is_text(argument):  # neither the database nor the terminal takes such bytes
                self.stderr.write(f"{argv[1]}: {argument!a} is not valid UTF-8.")
                sys.exit(2)
        before = signal.signal(signal.SIGTERM, _terminate)
        try:
            super().run_from_argv(argv)
        except (KeyboardInterrupt, Terminated) as end:
            number = signal.SIGINT if isinstance(end, KeyboardInterrupt) else signal.SIGTERM
            self.stderr.write(f"{argv[1]}: ended by {number.name}.")
            sys.exit(128 + number)
        finally:
            signal.signal(signal.SIGTERM, before)

    is_from_shell = False

    def execute(self, *args: object, **options: Any) -> str | None:
        self.is_quiet = options.get("verbosity") == 0
        try:
            return super().execute(*args, **options)
        except Refusal as refusal:
            raise CommandError(reason(refusal)) from refusal
        except DatabaseError as error:
            if (message := database_errors.advice(error)) is None:
                raise
            raise CommandError(message) from error

    def progress(self, noun: str, *, total: int | None = None) -> ProgressCounter:
        """Return a counter that prints how far long work is, unless --verbosity is 0."""
        return ProgressCounter(None if self.is_quiet else self.stderr, noun, total=total)

    def write_json(self, value: object) -> None:
        self.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str))


class Terminated(BaseException):
    """SIGTERM, raised in the main thread; not an Exception, so that no handler keeps it."""


def _is_text(argument: str) -> bool:
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated


def reason(refusal: Refusal) -> str:
    """Return the message in English, whatever the language of the site."""
    with translation.override("en"):
        return refusal.message
