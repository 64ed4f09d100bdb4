"""`generation on|off [--message TEXT]`: turn image creation on or off."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from artgen.management.base import BaseCommand
from generation.models import GenerationSwitch, Job


class Command(BaseCommand):
    """Set or print the creation switch."""

    help = "Turns image creation on or off for all users; without an argument prints the state."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the state and --message."""
        parser.add_argument("state", nargs="?", choices=["on", "off"])
        parser.add_argument(
            "--message", default="", metavar="TEXT", help="text for users: reason and duration"
        )
        parser.add_argument(
            "--json", action="store_true", help='print {"on", "message", "waiting", "at_runpod"}'
        )

    def handle(self, *args: Any, state: str | None, message: str, **options: Any) -> None:
        """Update the switch; raise CommandError for an invalid message."""
        if message and state != "off":
            raise CommandError("A message is allowed only with `off`.")
        limit = GenerationSwitch._meta.get_field("message").max_length or 0
        if len(message) > limit:
            raise CommandError(f"The message has {len(message)} characters; the limit is {limit}.")
        if state:
            GenerationSwitch.objects.update_or_create(
                pk=1, defaults={"on": state == "on", "message": message}
            )
        switch = GenerationSwitch.objects.first() or GenerationSwitch()
        if options["json"]:
            self.write_json(
                {
                    "on": switch.on,
                    "message": switch.message,
                    "waiting": Job.objects.queued().count(),
                    "at_runpod": Job.objects.at_runpod().count(),
                }
            )
            return
        text = f"Image creation is {switch}."
        if not switch.on and switch.message:
            text += f" Message for users: {switch.message}"
        self.stdout.write(text)
        if not switch.on:
            self.stdout.write(
                f"Jobs waiting: {Job.objects.queued().count()}, at RunPod: "
                f"{Job.objects.at_runpod().count()}."
            )
