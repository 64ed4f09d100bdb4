"""`local_model NAME|FILE`: a model on this machine, as a server with OpenAI's image API."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from shutil import disk_usage
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from artgen.management.base import BaseCommand
from artgen.management.number_arguments import Whole
from generation.local_models import downloads, models, server
from generation.local_models.models import LocalModel, ModelProblem


class Command(BaseCommand):
    help = (
        "Serves a model on this machine for IMAGE_SERVER_URL=http://127.0.0.1:PORT/v1. Its files "
        "are downloaded from Hugging Face (HF_ENDPOINT: a mirror) into DATA_DIR/models."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        known = list(models.known_models())
        parser.add_argument(
            "model",
            nargs="?",
            default=known[0],
            metavar="NAME|FILE",
            help=f"{', '.join(known)}, or a file (.safetensors, .gguf); {known[0]}",
        )
        parser.add_argument("--port", type=Whole(1, 65535), default=8020, help="8020")
        parser.add_argument("--download", action="store_true", help="download it, then end")

    def handle(self, *args: object, model: str, port: int, download: bool, **options: Any) -> None:
        try:
            local_model = self._downloaded(models.find(model))
            if not download:
                server.serve(local_model, port=port, say=self._say)
        except ModelProblem as problem:
            raise CommandError(str(problem)) from problem
        except OSError as error:
            raise CommandError(f"{server.HOST}:{port}: {error}") from error

    def _downloaded(self, model: LocalModel) -> LocalModel:
        """Download what is missing, after saying what; a person at a terminal may refuse."""
        folder = Path(settings.DATA_DIR) / "models"
        missing = downloads.missing_bytes(model, folder)
        if missing:
            size, free = (
                f"{number / 1e9:.2f} GB"
                for number in (sum(file.bytes for file in model.files), disk_usage(folder).free)
            )
            self._say(
                f"{model.title}\n  license  {model.license}\n"
                f"  size     {size}, into {folder} ({free} free)\n"
                f"  needs    {model.memory_gb} GB of memory; {model.seconds}"
            )
            is_asked = sys.stdin.isatty() and self.is_from_shell
            if is_asked and input("Download it? [Y/n] ").strip().lower() not in ("", "y", "yes"):
                raise ModelProblem("Nothing was downloaded.")
        counter = self.progress("MB", total=round(missing / 1e6))
        return downloads.download(model, folder, on_block=counter.advance)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
