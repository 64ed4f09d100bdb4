"""Time of a 1024×1024 image per motif: `python -m generation.demo.painter.bench [motif …]`."""

from __future__ import annotations

import sys
import time

from . import encode, paint
from .motifs import MOTIFS

# A prompt that names each motif, as a word of the table.
PROMPTS = {
    "still_life": "still life",
    "flow": "abstract",
    "space": "planet",
    "liquid": "marble",
    "paper": "paper layers",
    "geometry": "bauhaus",
    "dunes": "dunes",
}


def main() -> None:
    """Print a table motif × milliseconds: painting, PNG encoding, megabytes."""
    print(f"{'motif':14} {'paint':>8} {'encode':>8} {'MB':>6}")
    for name in sys.argv[1:] or sorted(MOTIFS):
        prompt = PROMPTS.get(name, name)
        start = time.perf_counter()
        image = paint(prompt=prompt, width=1024, height=1024, seed=7)
        painted = time.perf_counter()
        data = encode(image, prompt=prompt, seed=7)
        done = time.perf_counter()
        print(
            f"{name:14} {1000 * (painted - start):6.0f}ms {1000 * (done - painted):6.0f}ms "
            f"{len(data) / 1e6:6.2f}"
        )


if __name__ == "__main__":
    main()
