"""Simulate days with cold starts and a throttled hour, and bursts; print how promises were kept."""

import argparse
import os
import sys
from pathlib import Path

import django

from deploy.bench.sections import put_into

THROTTLED_HOUR = 19


def main() -> int:
    """Return 1 if a model is outside 85–97 % inside p90 or 40–60 % before p50, or bursts are
    outside 85–97 % or said a p90 of more than 2.5 × p50.
    """
    parser = argparse.ArgumentParser(prog="make simulate_day", description=__doc__)
    parser.add_argument("--seed", type=int, nargs="+", default=[1, 2, 3], help="of a day each")
    parser.add_argument("--jobs", type=int, default=5000, help="of a day")
    parser.add_argument("--bursts", type=int, default=240, help="of each model and seed")
    parser.add_argument(
        "--background", type=int, default=0, help="of each model, on the same days again"
    )
    parser.add_argument("--into", default="", help="also write it between the markers of this file")
    options = parser.parse_args()
    django.setup()
    from deploy.simulated_day import bursts, table
    from deploy.simulated_day.bursts import Bursts
    from deploy.simulated_day.day import Day

    day = {"jobs": options.jobs, "throttled_hour": THROTTLED_HOUR, "hours": 24}
    days = []
    for count in sorted({0, options.background}):
        for seed in options.seed:
            name = f"{seed} + {count}" if count else f"{seed}"
            days.append((name, table.rows_of(Day(seed=seed, background=count, **day).run())))
    seen = []
    for seed in options.seed if options.bursts else ():
        alone = Bursts(seed=seed, bursts=options.bursts)
        alone.run()
        seen += alone.bursts
    burst_rows = bursts.rows_of(seen)
    text = table.markdown(days)
    if burst_rows:
        text += f"\n\n{bursts.markdown(burst_rows)}"
    print(text)
    if options.into:
        put_into(Path(options.into), name="day", command="make simulate_day", text=text)
    wrong = [f"{row.name} (seed {seed})" for seed, rows in days for row in rows if not row.ok]
    wrong += [f"{row.count}, {row.place}" for row in burst_rows if not row.ok]
    if wrong:
        print(f"Outside the bounds: {', '.join(wrong)}.", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")
    sys.exit(main())
