"""`runpod_emulator`: RunPod's queue API on this machine, with a painter instead of GPUs."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generation.runpod.emulator import MAGIC_WORDS, serve


class Command(BaseCommand):
    """Serve until Ctrl-C."""

    help = (
        "Emulates RunPod on this machine: RUNPOD_BASE_URL=http://127.0.0.1:PORT/v2, RUNPOD_IMAGE_HOSTS=127.0.0.1:PORT. "
        "Words in a prompt make trouble on demand: " + ", ".join(sorted(MAGIC_WORDS)) + "."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how it behaves; the defaults are the demo's."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8010)
        parser.add_argument("--public-url", default="", help="where others reach its files, if not at HOST:PORT")
        parser.add_argument("--painter", choices=["full", "tiny"], default="full", help="tiny: flat pictures at once")
        parser.add_argument("--processes", type=int, default=2, help="painting processes")
        parser.add_argument("--workers", type=int, default=3, help="jobs that one endpoint does at a time")
        parser.add_argument("--seconds", type=float, default=4, help="GPU time of a picture")
        parser.add_argument("--cold-start", type=float, default=2, help="seconds before an endpoint's first job")
        parser.add_argument("--speed", type=float, default=1, help="10 makes ten emulated seconds of one")
        parser.add_argument("--seed", type=int, default=0, help="of everything that is drawn by chance")
        parser.add_argument("--no-rate-limits", action="store_true", help="answer no 429 of its own accord")
        parser.add_argument("--any-key", action="store_true", help="accept any API key, not only RUNPOD_API_KEY")
        parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input ends")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        """Serve; raises CommandError for a port in use."""
        try:
            serve(
                host=host,
                port=port,
                api_key=None if options["any_key"] else settings.RUNPOD_API_KEY or None,
                public_url=options["public_url"],
                painter=options["painter"],
                processes=options["processes"],
                workers=options["workers"],
                seconds=options["seconds"],
                cold_start=options["cold_start"],
                speed=options["speed"],
                seed=options["seed"],
                rate_limits=not options["no_rate_limits"],
                exit_with_parent=options["exit_with_parent"],
                on_ready=lambda emulator: self.stdout.write(f"RunPod emulator: RUNPOD_BASE_URL={emulator.base_url}"),
            )
        except OSError as error:
            raise CommandError(f"{host}:{port}: {error}") from error
