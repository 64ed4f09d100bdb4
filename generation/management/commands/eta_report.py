"""`eta_report [--hours N] [--json]`: promised against real waiting times."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.utils import timezone

from artgen.api.times import time_json
from artgen.management.base import BaseCommand
from artgen.management.number_arguments import Whole
from generation.operations import eta_report
from generation.operations.eta_report import KeptPromises


class Command(BaseCommand):
    help = (
        "Shows how often jobs ended by the times that were promised when they were placed. Of jobs "
        "that succeeded, about half should end before p50 and nine in ten inside p90."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--hours", type=Whole(1, 24 * 366), default=24, help="of jobs placed since (24)"
        )
        parser.add_argument(
            "--json", action="store_true", help='print {"since", "models", "total"}'
        )

    def handle(self, *args: object, **options: Any) -> None:
        since = timezone.now() - timedelta(hours=options["hours"])
        models = eta_report.kept_since(since)
        total = eta_report.total(models)
        if options["json"]:
            report = {
                "since": time_json(since),
                "models": [model.as_json() for model in models],
                "total": total.as_json(),
            }
            self.stdout.write(json.dumps(report, indent=2))
            return
        if not models:
            self.stdout.write(f"No promised jobs have succeeded in {options['hours']} h.")
            return
        self.stdout.write(
            f"{'model':<28}{'jobs':>7}{'inside p90':>12}{'before p50':>12}"
            f"{'promised, s':>16}{'waited, s':>11}"
        )
        for promises in [*models, total]:
            self.stdout.write(_line(promises))


def _line(promises: KeptPromises) -> str:
    promised = f"{promises.promised_p50:.0f}–{promises.promised_p90:.0f}"
    return (
        f"{promises.slug or 'all':<28}{promises.jobs:>7}"
        f"{promises.p90_share or 0:>12.1%}{promises.p50_share or 0:>12.1%}"
        f"{promised:>16}{promises.waited:>11.0f}"
    )
