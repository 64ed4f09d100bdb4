"""Simulate users of the ArtGen of the environment; print and save the table.

Its accounts stay: `make loadtest` runs this in the environment of a temporary site.
"""

import argparse
import os
import sys
from pathlib import Path

import django
from yarl import URL

from deploy.bench.sections import put_into

IMAGES = 60  # of each account


def main() -> int:
    """Return 1 if a stage exceeds a limit of `monitor` or an image is lost."""
    parser = argparse.ArgumentParser(prog="make loadtest", description=__doc__)
    parser.add_argument("--url", type=URL, required=True)
    parser.add_argument("--users", default="50", help="one stage for each number")
    parser.add_argument("--minutes", type=float, default=2.0, help="of each stage")
    parser.add_argument("--think", default="5,15", help="seconds between steps, least and most")
    parser.add_argument("--output", type=Path, required=True, help="folder of the table")
    parser.add_argument("--into", type=Path, help="also write it between the markers of this file")
    options = parser.parse_args()
    users = [int(number) for number in options.users.split(",")]
    least, most = (float(number) for number in options.think.split(","))
    django.setup()
    from deploy.loadtest import accounts, crowd, report

    people = accounts.make(max(users), images=IMAGES)
    stages = []
    for count in users:
        stage = crowd.run(
            url=options.url,
            accounts=people[:count],
            seconds=60 * options.minutes,
            think=(least, most),
        )
        print(" · ".join(report.cells(stage)), flush=True)
        stages.append(stage)
    table = report.markdown(stages, think=(least, most))
    print(f"\n{table}\n")
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "loadtest.md").write_text(table + "\n", encoding="utf-8")
    if options.into:
        put_into(options.into, name="loadtest", command="make loadtest", text=table)
    return int(not all(report.within_limits(stage) for stage in stages))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")
    sys.exit(main())
