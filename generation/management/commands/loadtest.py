"""`loadtest --users 50,100,150`: simulate users of a running ArtGen and print the results."""

from __future__ import annotations

import contextlib
import io
import ipaddress
import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from artgen.management.demo_command import DemoCommand, missing_packages
from artgen.management.numbers import Decimal, Several, Whole

if not missing_packages():
    from yarl import URL

    from generation.operations.loadtest import accounts, crowd, report, sections
    from generation.operations.loadtest.person import Habits

MINUTES_MAX = 60.0


class Command(DemoCommand):
    """Create accounts, simulate their users, print and save the results, erase the accounts."""

    help = (
        "Simulates users of a running ArtGen who sign in, create, follow, browse and search, over "
        "HTTP and sockets, each from its own address. Creates their accounts in the database, "
        "then erases them. Prints and saves a table; exit status 1 if a stage exceeds a limit of "
        "`monitor` or an image is lost."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add users, site, duration, behavior, accounts and output."""
        parser.add_argument(
            "--users",
            type=Several(Whole(1, 100_000)),
            default=[50],
            metavar="N[,N…]",
            help="concurrent users; one stage for each number (50)",
        )
        parser.add_argument("--url", default=settings.PUBLIC_URL, help="the site (PUBLIC_URL)")
        parser.add_argument(
            "--minutes",
            type=Decimal(0.01, MINUTES_MAX),
            default=2.0,
            help="duration of each stage, after all users have started (2)",
        )
        parser.add_argument(
            "--rounds",
            type=Whole(0, 1_000_000),
            default=0,
            help="number of rounds of each user instead, within --minutes",
        )
        parser.add_argument(
            "--think",
            type=Several(Decimal(0, 3600)),
            default=[5.0, 15.0],
            metavar="LEAST,MOST",
            help="seconds between steps (5,15)",
        )
        parser.add_argument(
            "--sign-in",
            type=Decimal(0, 1),
            default=0.1,
            help="share of rounds that begin with signing in (0.1)",
        )
        parser.add_argument(
            "--api", type=Decimal(0, 1), default=0.1, help="share of users of the API (0.1)"
        )
        parser.add_argument(
            "--cards",
            choices=["end", "each"],
            default="end",
            help="when the Create page fetches a job's card",
        )
        parser.add_argument(
            "--model", default="", help="slug; default: the one selected on the Create page"
        )
        parser.add_argument(
            "--addresses", choices=["loopback", "forwarded", "one"],
            help="of the users: 127.1.x.y (default on loopback), X-Forwarded-For, or one for all",
        )  # fmt: skip
        parser.add_argument(
            "--accounts", type=Path, metavar="FILE", help="use these accounts; for a remote site"
        )
        parser.add_argument(
            "--make-accounts",
            type=Whole(1, 100_000),
            metavar="N",
            help="create accounts, write --accounts, exit",
        )
        parser.add_argument(
            "--remove-accounts", action="store_true", help="erase all accounts of load tests, exit"
        )
        parser.add_argument(
            "--keep-accounts", action="store_true", help="do not erase the accounts afterwards"
        )
        parser.add_argument(
            "--images",
            type=Whole(0, 100_000),
            default=60,
            help="images of each new account (60)",
        )
        parser.add_argument(
            "--output",
            type=Path,
            default=settings.DATA_DIR / "loadtest",
            help="folder of the results",
        )
        parser.add_argument(
            "--into",
            type=Path,
            metavar="FILE",
            help="also write the table into this document, between its markers",
        )
        parser.add_argument(
            "--yes-i-run-this-site", action="store_true",
            help="allow a site that is not on this machine; its images cost its owner money",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError for invalid options and if a stage exceeds its limits."""
        if options["remove_accounts"]:
            self.stdout.write(f"{accounts.remove()} accounts erased.")
            return
        if options["make_accounts"] is not None:
            self._make_file(options)
            return
        users = options["users"]
        url, plan = self._plan(options)
        people = self._people(options, count=max(users))
        try:
            document = self._measure(plan, people, users)
        finally:
            if options["accounts"] is None and not options["keep_accounts"]:
                removed = accounts.remove(people)
                self.stdout.write(
                    f"{removed} of {len(people)} accounts erased; the hourly cleanup erases the "
                    "rest."
                )
        table = report.markdown(document)
        self.stdout.write(f"\n{table}\n")
        try:
            for path in report.save(document, options["output"]):
                self.stdout.write(f"Saved: {path}")
        except OSError as error:
            raise CommandError(str(error)) from error
        if options["into"] is not None:
            try:
                sections.put_into(
                    options["into"],
                    name="loadtest",
                    command=f"loadtest --users {','.join(map(str, users))}",
                    text=table,
                )
            except (OSError, ValueError) as error:
                raise CommandError(str(error)) from error
        wrong = [str(stage["users"]) for stage in document["stages"] if not stage["ok"]]
        if wrong:
            raise CommandError(
                f"Limit exceeded, or images not finished, with {', '.join(wrong)} users at "
                f"{url.host}."
            )

    def _make_file(self, options: dict[str, Any]) -> None:
        if options["accounts"] is None:
            raise CommandError("--make-accounts needs --accounts FILE to write them to.")
        try:
            accounts.write_file(options["accounts"], [])  # before there is anything to erase
        except OSError as error:
            raise CommandError(str(error)) from error
        made = accounts.make(count=options["make_accounts"], images=options["images"])
        accounts.write_file(options["accounts"], made)
        self.stdout.write(
            f"{len(made)} accounts in {options['accounts']}. Erase them later: loadtest "
            "--remove-accounts"
        )

    def _plan(self, options: dict[str, Any]) -> tuple[URL, crowd.Plan]:
        try:
            url = URL(options["url"])
        except ValueError as error:
            raise CommandError(f"--url: {error}.") from error
        if url.scheme not in ("http", "https") or not url.host:
            raise CommandError("--url must be an http or https URL.")
        is_here = _is_loopback(url.host)
        if not is_here and not options["yes_i_run_this_site"]:
            raise CommandError(
                f"{url.host} is not this machine. A load test slows a site down and its images "
                "cost money: use --yes-i-run-this-site to confirm."
            )
        think = options["think"]
        if len(think) != 2 or think[0] > think[1]:
            raise CommandError("--think must be two numbers, the smaller one first.")
        habits = Habits(
            think=(think[0], think[1]),
            sign_in=options["sign_in"],
            api=options["api"],
            cards=options["cards"],
            model=options["model"],
            rounds=options["rounds"],
        )
        addresses = options["addresses"] or ("loopback" if is_here else "one")
        monitor = _monitor if options["accounts"] is None or is_here else None
        return url, crowd.Plan(
            url=url,
            seconds=options["minutes"] * 60,
            addresses=addresses,
            habits=habits,
            monitor=monitor,
        )

    def _people(self, options: dict[str, Any], *, count: int) -> list[accounts.SimulatedUser]:
        if options["accounts"] is None:
            self.stdout.write(f"Creating {count} accounts with {options['images']} images each.")
            return accounts.make(count=count, images=options["images"])
        try:
            found = accounts.read_file(options["accounts"])
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        if len(found) < count:
            raise CommandError(
                f"{count} users need {count} accounts; {options['accounts']} has {len(found)}."
            )
        return found[:count]

    def _measure(
        self, plan: crowd.Plan, people: list[accounts.SimulatedUser], users: list[int]
    ) -> dict[str, Any]:
        stages = []
        for count in users:
            began = time.monotonic()
            stage = report.as_json(crowd.run(plan=plan, accounts=people[:count]))
            stages.append(stage)
            images = stage["images"]
            self.stdout.write(
                f"{count} users, {time.monotonic() - began:.0f} s: p95 {stage['p95']:g} ms, "
                f"{stage['error_percent']:g} % errors, {images['finished']} of {images['placed']} "
                "images"
            )
            self.stdout.flush()
        return {
            "at": f"{timezone.now():%Y-%m-%d %H:%M} UTC",
            "url": str(plan.url.origin()),
            "conditions": report.conditions(plan),
            "stages": stages,
        }


def _monitor() -> dict[str, dict[str, Any]]:
    """Return the figures of `monitor` by name."""
    output = io.StringIO()
    with contextlib.suppress(CommandError):  # a limit is exceeded: the report shows it
        call_command("monitor", "--json", "--seconds=0.1", stdout=output)
    return {figure["name"]: figure for figure in json.loads(output.getvalue())["figures"]}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
