"""`simulate_day [--jobs N] [--seed S …] [--limit N] [--into FILE]`: are promises kept?"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from artgen.management.base import BaseCommand
from artgen.management.numbers import Whole
from generation.operations.loadtest.sections import put_into
from generation.operations.simulated_day.day import Day
from generation.operations.simulated_day.table import markdown, rows_of

COMMAND = "manage.py simulate_day"


class Command(BaseCommand):
    """Simulate, print the table, fail if a model is outside the bounds."""

    help = (
        "Simulates days with cold starts and a throttled hour in virtual time, with the code that "
        "tells waiting times, and prints how often jobs ended as promised. Uses no database. Exit "
        "status 1 if a model is outside 85–97 % inside p90 or 40–60 % before p50."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --jobs, --seed, --throttled-hour, --limit, --into and --json."""
        parser.add_argument("--jobs", type=Whole(10, 100_000), default=5000, help="a day (5000)")
        parser.add_argument(
            "--seed",
            type=Whole(0, 10**9),
            nargs="+",
            default=[1, 2, 3],
            help="one simulated day each (1 2 3)",
        )
        parser.add_argument(
            "--throttled-hour", type=Whole(0, 23), default=19, help="with few workers (19)"
        )
        parser.add_argument(
            "--limit", type=Whole(1, 1000), help="of jobs at once of every second user (none)"
        )
        parser.add_argument(
            "--into", type=Path, help="document to write the table into, between its markers"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError for a model outside the bounds."""
        days = [
            (
                seed,
                rows_of(
                    Day(
                        jobs=options["jobs"],
                        seed=seed,
                        throttled_hour=options["throttled_hour"],
                        hours=24,
                        limit=options["limit"],
                    ).run()
                ),
            )
            for seed in options["seed"]
        ]
        table = markdown(days)
        if options["json"]:
            document = [
                {"seed": seed, "models": [row.as_json() for row in rows]} for seed, rows in days
            ]
            self.stdout.write(json.dumps(document, indent=2))
        else:
            self.stdout.write(table)
        if options["into"]:
            try:
                put_into(options["into"], name="day", command=COMMAND, text=table)
            except (OSError, ValueError) as error:
                raise CommandError(str(error)) from error
        wrong = [f"{row.name} (seed {seed})" for seed, rows in days for row in rows if not row.ok]
        if wrong:
            raise CommandError(f"Outside the bounds: {', '.join(wrong)}.")
