"""Trees that several motifs share: conifers as silhouettes, and the wooded shore of a lake."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, Pen
from generation.demo.painter.noise import Array


def conifer(
    pen: Pen, rng: np.random.Generator, x: float, foot: float, height: float, *, slim: float = 0.2
) -> None:
    """Draw a spruce standing at (x, foot): tiers of drooping boughs, no two alike."""
    tiers = int(np.clip(height * 110, 7, 26))
    lean = rng.normal(0, 0.012)
    pen.polygon(
        [(x - height * 0.012, foot), (x + lean * height, foot - height), (x + height * 0.012, foot)]
    )
    for side in (-1, 1):
        outline = [(x + lean * height, foot - height * 1.01)]
        for tier in range(1, tiers + 1):
            t = tier / tiers
            reach = height * slim * (0.10 + 0.9 * t**0.85) * rng.uniform(0.62, 1.12)
            level = foot - height * (1 - t * 0.94)
            middle = x + lean * height * (1 - t)
            outline.append((middle + side * reach, level + height * 0.018 * rng.uniform(0.4, 1.4)))
            outline.append((middle + side * reach * rng.uniform(0.30, 0.5), level - height * 0.004))
        outline.append((x, foot - height * 0.05))
        pen.polygon(outline)


def forest_edge(
    canvas: Canvas,
    name: str,
    *,
    foot: Array,
    height: float,
    density: float = 46.0,
    thin: float = 0.0,
    keep: Array | None = None,
) -> Array:
    """Return the coverage (H, W) of a row of spruces with feet `foot` (W,); `thin` 0..1: gaps.

    `keep` (W,) 0..1 scales the trees; where it is low none stand.
    """
    rng = canvas.rng(name)
    clumps = canvas.line(f"{name} clumps", across=4, octaves=3)

    def draw(pen: Pen) -> None:
        count = int(density * canvas.aspect * (0.06 / max(height, 0.02)) ** 0.5)
        for place in np.sort(rng.random(count)) * canvas.aspect:
            column = min(canvas.width - 1, int(place * canvas.height))
            if clumps[column] < 0.2 + 0.4 * thin:
                continue
            tall = height * rng.uniform(0.4, 1.0) * (0.55 + 0.9 * float(clumps[column]))
            if keep is not None:
                if keep[column] < 0.15:
                    continue
                tall *= float(keep[column])
            conifer(
                pen, rng, place, float(foot[column]) + 0.004, tall, slim=rng.uniform(0.15, 0.23)
            )

    return canvas.drawn(draw)


def paint_shore(canvas: Canvas, *, shore: float, height: float, color: Array) -> None:
    """Paint the far shore of a lake: a dark strip of land with spruces."""
    land = np.float32(height * 0.16) + canvas.line("shore land", across=3, octaves=5) * np.float32(
        height * 0.34
    )
    foot = np.float32(shore) - land
    cover = np.clip((canvas.y - foot[None]) / np.float32(canvas.px) + 0.5, 0, 1)
    trees = forest_edge(canvas, "shore trees", foot=foot, height=height, density=90)
    canvas.lay(color, np.maximum(cover, trees) * (canvas.y < np.float32(shore)))
