"""`check_catalog [--take-prices [--yes]]`: compare endpoints with what their providers offer."""

from argparse import ArgumentParser
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.management.base import CommandError, no_translations

from artgen.management.base import BaseCommand
from generation.management.text_table import lines
from generation.operations import catalog_check

HEAD = ("MODEL", "ENDPOINT", "EXPECTED $", "PRICE $", "PROVIDER SAYS")


class Command(BaseCommand):
    help = (
        "Asks WaveSpeed (its list of models and prices, which is free) and RunPod (the health of "
        "endpoints) about each endpoint, if there is a key: whether it exists, what an image costs "
        "now, and which fields the requests lack or have too many. Exits with 1 if a provider or a "
        "price could not be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--take-prices",
            action="store_true",
            help="write the prices of today as expected costs, after a question",
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def only_reads(self, options: Mapping[str, Any]) -> bool:
        return not options.get("take_prices")

    @no_translations
    def handle(self, *args: object, take_prices: bool, yes: bool, **options: Any) -> None:
        report = catalog_check.check()
        rows = [
            (
                one.endpoint.model.slug,
                str(one.endpoint),
                _dollars(one.expected),
                _dollars(one.price),
                "; ".join(one.notes) or "as here",
            )
            for one in report.endpoints
        ]
        for line in lines(HEAD, rows):
            self.stdout.write(line)
        changed = [one for one in report.endpoints if one.has_new_price]
        self.stdout.write(f"New prices: {len(changed)}.")
        if take_prices and changed and (yes or self._agreed(changed)):
            for one in changed:
                catalog_check.take_price(one)
            self.stdout.write("Written as expected costs.")
        if report.failures:
            raise CommandError("\n".join(report.failures))

    def _agreed(self, changed: list[catalog_check.EndpointCheck]) -> bool:
        for one in changed:
            old, new = _dollars(one.expected), _dollars(one.price)
            self.stdout.write(f"{one.endpoint.model.slug} at {one.endpoint}: {old} → {new}")
        try:
            return input("Write these prices as expected costs? y/N ").strip().lower() == "y"
        except EOFError as error:
            raise CommandError("There is no terminal to ask at: add --yes.") from error


def _dollars(amount: Decimal | None) -> str:
    return "—" if amount is None else f"{amount.normalize():f}"
