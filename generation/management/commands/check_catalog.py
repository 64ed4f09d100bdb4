"""`check_catalog [--take-prices] [--switch-on] [--yes]`: compare endpoints with what there is."""

from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, no_translations

from artgen.management.base import BaseCommand
from generation.catalog.catalog_file import CATALOG_FILE
from generation.jobs import clients
from generation.management.text_table import lines
from generation.models import ProviderName
from generation.operations import catalog_check

FILES = {
    ProviderName.WAVESPEED: CATALOG_FILE.with_name("wavespeed.toml"),
    ProviderName.YANDEX: CATALOG_FILE.with_name("image_servers.toml"),
    ProviderName.IMAGE_SERVER: CATALOG_FILE.with_name("image_servers.toml"),
}
HEAD = ("MODEL", "ENDPOINT", "EXPECTED $", "PRICE $", "PROVIDER SAYS")


class Command(BaseCommand):
    help = (
        "Asks WaveSpeed (its list of models and prices, which is free), RunPod (the health of "
        "endpoints), Yandex and the image server about each endpoint, if there is a key: whether "
        "it exists, what an image costs now, and which fields the requests lack or have too many. "
        "Exits with 1 if a provider or a price could not be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--take-prices",
            action="store_true",
            help="write the prices of today as expected costs, after a question",
        )
        parser.add_argument(
            "--switch-on",
            action="store_true",
            help="load the catalogs of all providers that have a key, and switch on, after a "
            "question, what they have and whose requests they take",
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    @no_translations
    def handle(
        self, *args: object, take_prices: bool, switch_on: bool, yes: bool, **options: Any
    ) -> None:
        if switch_on:
            for provider, path in FILES.items():
                if clients.is_set_up(provider):
                    call_command("load_catalog", str(path), stdout=self.stdout)
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
        off = [one for one in report.endpoints if one.can_be_switched_on]
        self.stdout.write(f"Off, and there: {len(off)}.")
        self.stdout.write(f"New prices: {len(changed)}.")
        if take_prices and changed and (yes or self._agreed_to_prices(changed)):
            for one in changed:
                catalog_check.take_price(one)
            self.stdout.write("Written as expected costs.")
        if switch_on and off and (yes or self._agreed("Switch these on?")):
            for one in off:
                catalog_check.switch_on(one)
            self.stdout.write("Switched on: " + ", ".join(_slugs(off)) + ".")
        if report.failures:
            raise CommandError("\n".join(report.failures))

    def _agreed_to_prices(self, changed: list[catalog_check.EndpointCheck]) -> bool:
        for one in changed:
            old, new = _dollars(one.expected), _dollars(one.price)
            self.stdout.write(f"{one.endpoint.model.slug} at {one.endpoint}: {old} → {new}")
        return self._agreed("Write these prices as expected costs?")

    def _agreed(self, question: str) -> bool:
        try:
            return input(f"{question} y/N ").strip().lower() == "y"
        except EOFError as error:
            raise CommandError("There is no terminal to ask at: add --yes.") from error


def _slugs(checks: list[catalog_check.EndpointCheck]) -> list[str]:
    return list(dict.fromkeys(one.endpoint.model.slug for one in checks))


def _dollars(amount: Decimal | None) -> str:
    return "—" if amount is None else f"{amount.normalize():f}"
