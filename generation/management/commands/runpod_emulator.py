"""`runpod_emulator`: RunPod's queue API on this machine, with a demo generator instead of GPUs."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from artgen.management.base import BaseCommand
from generation.demo.emulator import MAGIC_WORDS, add_arguments, read_options, serve


class Command(BaseCommand):
    help = (
        "Emulates RunPod on this machine: RUNPOD_BASE_URL=http://127.0.0.1:PORT/v2, "
        "RUNPOD_IMAGE_HOSTS=127.0.0.1:PORT. While it runs, POST /emulator/faults, /emulator/key "
        "and /emulator/endpoints/ID change its behavior; they take a JSON object and the initial "
        "API key."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.epilog = (
            "These words in a prompt simulate failures: " + ", ".join(sorted(MAGIC_WORDS)) + "."
        )
        add_arguments(parser)
        parser.add_argument(
            "--any-key", action="store_true", help="accept any API key, not only RUNPOD_API_KEY"
        )

    def handle(self, *args: object, any_key: bool, exit_with_parent: bool, **options: Any) -> None:
        api_key = None if any_key else settings.RUNPOD_API_KEY or None
        try:
            serve(
                read_options(options, api_key=api_key),
                exit_with_parent=exit_with_parent,
                on_ready=lambda emulator: self.stdout.write(
                    f"RunPod emulator: RUNPOD_BASE_URL={emulator.base_url}"
                ),
            )
        except OSError as error:
            raise CommandError(f"{options['host']}:{options['port']}: {error}") from error
