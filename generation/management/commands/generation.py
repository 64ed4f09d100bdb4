"""`generation on|maintenance|off [--message TEXT]`: turn image creation on, or pause it."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from artgen.management.base import BaseCommand
from artgen.web import years
from generation.jobs.placing import creation_switch
from generation.jobs.placing.creation_switch import Mode
from generation.models import GenerationSwitch, Job


class Command(BaseCommand):
    help = (
        "Turns image creation on, or pauses it: `maintenance` for users only, while jobs in "
        "progress go on; `off` for everyone, and nothing is sent to RunPod. Without an argument "
        "prints the state."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("state", nargs="?", choices=[mode.value for mode in Mode])
        parser.add_argument(
            "--message",
            default="",
            metavar="TEXT",
            help="text for users: reason and duration; in English, or in both languages",
        )
        parser.add_argument(
            "--message-ru", default="", metavar="TEXT", help="the text in Russian, if it differs"
        )
        parser.add_argument(
            "--until",
            type=_moment,
            metavar="TIME",
            help="expected end, such as 2026-11-26T14:30, in the time zone TIME_ZONE; clients "
            "learn from Retry-After when to try again",
        )

    def handle(
        self,
        *args: object,
        state: str | None,
        message: str,
        message_ru: str,
        until: datetime | None,
        **options: Any,
    ) -> None:
        if (message or message_ru or until) and state in (None, Mode.ON):
            raise CommandError(
                "A message and --until are allowed only with `off` and `maintenance`."
            )
        limit = GenerationSwitch._meta.get_field("message").max_length or 0
        for text in (message, message_ru):
            if len(text) > limit:
                raise CommandError(f"The message has {len(text)} characters; the limit is {limit}.")
        if until and until <= timezone.now():
            raise CommandError("--until must be in the future.")
        if state:
            creation_switch.turn(Mode(state), message=message, message_ru=message_ru, until=until)
        self._print(creation_switch.read())

    def _print(self, switch: GenerationSwitch) -> None:
        text = f"Image creation is {switch.mode.value}."
        if switch.mode is Mode.MAINTENANCE:
            text = "Maintenance: only staff can create images. Jobs in progress go on."
        if switch.mode is not Mode.ON:
            if switch.message:
                text += f" Message for users: {switch.message}"
            if switch.message_ru:
                text += f" In Russian: {switch.message_ru}"
            if switch.until:
                text += f" Expected end: {timezone.localtime(switch.until):%Y-%m-%d %H:%M}."
        self.stdout.write(text)
        if switch.mode is not Mode.ON:
            self.stdout.write(
                f"Jobs waiting: {Job.objects.queued().count()}, at RunPod: "
                f"{Job.objects.at_provider().count()}."
            )


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)  # raises ValueError for a day that does not exist
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError(f"must be a time such as 2026-11-26T14:30, not {text!r}")
    if not years.has(moment):
        raise ArgumentTypeError(f"a year from {years.FIRST} to {years.LAST}")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
