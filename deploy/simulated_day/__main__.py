"""Simulate days with cold starts and a throttled hour; print and save how promises were kept."""

import argparse
import os
import sys
from pathlib import Path

import django

from deploy.bench.sections import put_into

THROTTLED_HOUR = 19


def main() -> int:
    """Return 1 if a model is outside 85–97 % inside p90 or 40–60 % before p50."""
    parser = argparse.ArgumentParser(prog="make simulate_day", description=__doc__)
    parser.add_argument("--seed", type=int, nargs="+", default=[1, 2, 3], help="of a day each")
    parser.add_argument("--jobs", type=int, default=5000, help="of a day")
    parser.add_argument(
        "--limit", type=int, default=0, help="of jobs at once of every second user (none)"
    )
    parser.add_argument("--into", default="", help="also write it between the markers of this file")
    options = parser.parse_args()
    django.setup()
    from deploy.simulated_day import table
    from deploy.simulated_day.day import Day

    days = [
        (
            seed,
            table.rows_of(
                Day(
                    jobs=options.jobs,
                    seed=seed,
                    throttled_hour=THROTTLED_HOUR,
                    hours=24,
                    limit=options.limit or None,
                ).run()
            ),
        )
        for seed in options.seed
    ]
    text = table.markdown(days)
    print(text)
    if options.into:
        put_into(Path(options.into), name="day", command="make simulate_day", text=text)
    wrong = [f"{row.name} (seed {seed})" for seed, rows in days for row in rows if not row.ok]
    if wrong:
        print(f"Outside the bounds: {', '.join(wrong)}.", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")
    sys.exit(main())
