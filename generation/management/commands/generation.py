"""`generation on|off [--message TEXT]`: the switch that stops all spending."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from generation.models import GenerationSwitch, Job


class Command(BaseCommand):
    """Switch creating on or off, or say how it is."""

    help = "Switches creating on or off for everybody; without an argument says how it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take on or off and --message."""
        parser.add_argument("state", nargs="?", choices=["on", "off"])
        parser.add_argument(
            "--message", default="", metavar="TEXT", help="what users read: why, and until when"
        )

    def handle(self, *args: Any, state: str | None, message: str, **options: Any) -> None:
        """Write the one row of the switch; raises CommandError for a message that is too long or out of place."""
        if message and state != "off":
            raise CommandError("A message goes with off.")
        most = GenerationSwitch._meta.get_field("message").max_length or 0
        if len(message) > most:
            raise CommandError(f"The message has {len(message)} characters, at most {most} fit.")
        if state:
            GenerationSwitch.objects.update_or_create(
                pk=1, defaults={"on": state == "on", "message": message}
            )
        switch = GenerationSwitch.objects.first() or GenerationSwitch()
        words = f"Creating is {switch}."
        if not switch.on and switch.message:
            words += f" Users read: {switch.message}"
        self.stdout.write(words)
        if not switch.on:
            self.stdout.write(
                f"Jobs waiting: {Job.objects.queued().count()}, out: {Job.objects.at_runpod().count()}."
            )
