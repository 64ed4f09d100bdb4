"""`monitor [--watch] [--json]`: health metrics and their limits."""

import contextlib
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from artgen.management.base import BaseCommand
from artgen.management.number_arguments import Decimal
from artgen.observability import resources
from generation.operations import monitor
from generation.operations.monitor import Figure


class Command(BaseCommand):
    help = (
        "Shows metrics and their limits: API response time, errors, database connections, Celery "
        "queue, CPU and memory of this machine. Exit status 1 if one is not below its limit or "
        "cannot be measured."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--watch", action="store_true", help="repeat until Ctrl-C")
        parser.add_argument(
            "--json", action="store_true", help='print {"ok", "figures": [{"name", "value", …}]}'
        )
        parser.add_argument(
            "--seconds",
            type=Decimal(0, 3600),
            default=1.0,
            help="period of the CPU measurement and interval of --watch (1)",
        )

    def handle(self, *args: object, **options: Any) -> None:
        figures: list[Figure] = []
        with contextlib.suppress(KeyboardInterrupt):
            figures = self._measure(options)
            while options["watch"]:
                figures = self._measure(options)
        wrong = [figure.name for figure in figures if not figure.ok]
        if wrong:
            raise CommandError(f"Not within limits: {', '.join(wrong)}.")

    def _measure(self, options: dict[str, Any]) -> list[Figure]:
        figures = monitor.measure(processor_share=resources.processor_share(options["seconds"]))
        if options["json"]:
            report = {
                "ok": all(figure.ok for figure in figures),
                "figures": [figure.as_json() for figure in figures],
            }
            self.stdout.write(json.dumps(report, indent=None if options["watch"] else 2))
        else:
            if options["watch"]:
                self.stdout.write(f"{timezone.localtime():%H:%M:%S}")
            for figure in figures:
                self.stdout.write(self._line(figure))
        self.stdout.flush()
        return figures

    def _line(self, figure: Figure) -> str:
        style, word = (self.style.SUCCESS, "ok") if figure.ok else (self.style.ERROR, "LOOK")
        if figure.value is None:
            word, shown = ("-" if figure.ok else "LOOK"), "-"
        else:
            shown = f"{figure.value:g} {figure.unit}".rstrip()
        limit = f"< {figure.limit:g} {figure.unit}".rstrip()
        return f"{style(f'{word:<5}')} {figure.name:<21} {shown:>9}  {limit:<8}  {figure.detail}"
