"""`reconcile_costs --month 2026-11 [--bill FILE] [--json]`: what was sold against what it cost."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from artgen.management.base import BaseCommand
from generation.management.text_table import lines
from generation.models import ProviderName
from generation.operations import reconciliation
from generation.operations.reconciliation import ModelCosts, Reconciliation
from generation.providers import bill as billing
from generation.providers.bill import Bill, InvalidBill
from generation.providers.call_errors import KeyRefused, ProviderError

HEAD = ("MODEL", "JOBS", "CREDITS", "RECORDED $", "EXPECTED $", "DRIFT", "FAILED", "FAILED $")
PROMPTS_HEAD = ("PROMPT HELPER", "CREDITS", "EXPECTED $")
BILL_HEAD = ("ENDPOINT", "BILLED $", "KNOWN $", "DIFFERENCE $", "MODELS")


def _month(text: str) -> date:
    try:
        month = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise ArgumentTypeError("a month such as 2026-11") from error
    first, last = reconciliation.FIRST_YEAR, reconciliation.LAST_YEAR
    if not first <= month.year <= last:
        raise ArgumentTypeError(f"a month of a year from {first} to {last}")
    return month


class Command(BaseCommand):
    help = (
        "Prints for each model the jobs with an image, credits, dollars that were reported, "
        "expected dollars, their difference, and what jobs without an image cost; then calls of "
        "the prompt helper with the dollars of PROMPT_HELPER_CALL_USD. Compares them with "
        "a provider's bill where its API key may read it, or with that of --bill. Months are by "
        "UTC, as on the bill."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", type=_month, required=True, metavar="YYYY-MM")
        parser.add_argument(
            "--bill",
            type=Path,
            metavar="FILE",
            help="a CSV file with the columns endpoint and amount; “public” or an empty endpoint: "
            "all public endpoints",
        )
        parser.add_argument(
            "--provider",
            choices=ProviderName.values,
            default=ProviderName.RUNPOD,
            help="whose bill; runpod unless given",
        )
        parser.add_argument("--no-bill", action="store_true", help="do not ask for the bill")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: object, month: date, provider: str, **options: Any) -> None:
        note, name = "", ProviderName(provider).label
        bill: Bill | None = None
        if options["bill"]:
            bill = _from_file(options["bill"], month)
        elif not options["no_bill"]:
            try:
                bill = reconciliation.bill_of(month, provider=provider)
            except KeyRefused:
                key = f"{provider.upper()}_API_KEY"
                note = f"{key} is not set or may not read the bill. Give it with --bill FILE."
            except ProviderError as error:
                note = f"{name}'s bill could not be read: {error}"
        report = reconciliation.of_month(month, bill=bill, provider=provider)
        if options["json"]:
            self.write_json(as_json(report, note=note))
            return
        rows = [_row(model.slug, model) for model in report.models]
        for line in lines(HEAD, [*rows, _row("total", report.total)]):
            self.stdout.write(line)
        if report.prompts.calls:
            self.stdout.write("")
            calls = f"{report.prompts.calls} calls"
            row = (calls, str(report.prompts.credits), _dollars(report.prompts.expected))
            for line in lines(PROMPTS_HEAD, [row]):
                self.stdout.write(line)
        if report.lines:
            self.stdout.write("")
            billed = [
                (
                    line.endpoint,
                    _dollars(line.billed),
                    _dollars(line.known),
                    _dollars(line.difference),
                    ", ".join(line.slugs) or "no model",
                )
                for line in report.lines
            ]
            for text in lines(BILL_HEAD, billed):
                self.stdout.write(text)
        if note:
            self.stderr.write(note)


def as_json(report: Reconciliation, *, note: str = "") -> dict[str, Any]:
    """Return the report as JSON: dollars are numbers."""
    document: dict[str, Any] = {
        "month": report.month,
        "models": [{"slug": model.slug, **_numbers(model)} for model in report.models],
        "total": _numbers(report.total),
        "prompt_helper": {
            "calls": report.prompts.calls,
            "credits": report.prompts.credits,
            "expected_usd": float(report.prompts.expected),
        },
        "bill": None,
    }
    if report.bill is not None:
        document["bill"] = {
            "total_usd": float(report.bill.total),
            "lines": [
                {
                    "endpoint": line.endpoint,
                    "models": list(line.slugs),
                    "billed_usd": float(line.billed),
                    "known_usd": float(line.known),
                    "difference_usd": float(line.difference),
                }
                for line in report.lines
            ],
        }
    if note:
        document["note"] = note
    return document


def _numbers(costs: ModelCosts) -> dict[str, Any]:
    return {
        "jobs": costs.jobs,
        "credits": costs.credits,
        "recorded_usd": float(costs.recorded),
        "expected_usd": float(costs.expected),
        "drift": None if costs.drift is None else round(float(costs.drift), 4),
        "failed_jobs": costs.failed_jobs,
        "failed_usd": float(costs.failed),
        "unrecorded_jobs": costs.unrecorded_jobs,
        "unreported_usd": float(costs.unreported),
    }


def _row(name: str, costs: ModelCosts) -> tuple[str, ...]:
    return (
        name,
        str(costs.jobs),
        str(costs.credits),
        _dollars(costs.recorded),
        _dollars(costs.expected),
        "—" if costs.drift is None else f"{costs.drift:+.1%}",
        str(costs.failed_jobs),
        _dollars(costs.failed),
    )


def _dollars(amount: Decimal) -> str:
    return f"{amount:.4f}"


def _from_file(path: Path, month: date) -> Bill:
    start, end = reconciliation.period(month)
    try:
        return billing.parse_csv(path.read_bytes(), start=start, end=end)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except InvalidBill as error:
        raise CommandError(f"{path}: {error}") from error
