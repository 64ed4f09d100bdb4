"""The features and the hair of a head in profile."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.figure import Figure, FigurePen, stroke
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import mixed, rgb


def draw_features(
    figure: Figure, skin: Array, hair: Array, rosy: Array, face: Array, *, short: bool
) -> None:
    """Draw eye, brow, nose, lips and jaw of a face in profile; `face` is its coverage."""
    dark = mixed(hair, rgb("1a1214"), 0.6)
    fold = mixed(skin, rgb("5a2a24"), 0.55)
    # The socket of the eye, a lid, the white with its iris, lashes.
    socket = np.exp(-(((figure.px - 0.165) / 0.042) ** 2 + ((figure.py - 0.705) / 0.025) ** 2))
    figure.lay(fold, socket * face * 0.28)
    eye = figure.cover(
        lambda pen: pen.polygon(
            [
                (0.135, 0.690),
                (0.152, 0.703),
                (0.176, 0.703),
                (0.186, 0.692),
                (0.178, 0.680),
                (0.155, 0.679),
            ]
        )
    )
    figure.lay(rgb("f4ece4"), eye)
    figure.lay(
        mixed(rgb("3f5a4a"), dark, 0.3),
        figure.cover(lambda pen: pen.ellipse(0.174, 0.691, 0.011, 0.0125)) * eye,
    )
    figure.lay(
        rgb("0f0c0e"), figure.cover(lambda pen: pen.ellipse(0.176, 0.691, 0.0055, 0.0065)) * eye
    )
    figure.lay(
        rgb("ffffff"), figure.cover(lambda pen: pen.ellipse(0.178, 0.696, 0.0025, 0.0025)) * eye
    )
    lash = figure.cover(
        lambda pen: pen.limb(
            [(0.128, 0.689), (0.150, 0.706), (0.178, 0.706), (0.198, 0.697)],
            [0.004, 0.008, 0.009, 0.003],
        )
    )
    figure.lay(dark, lash)
    figure.lay(
        fold,
        figure.cover(
            lambda pen: pen.limb(
                [(0.128, 0.702), (0.152, 0.718), (0.182, 0.715)], [0.003, 0.005, 0.003]
            )
        )
        * 0.7,
    )
    brow = figure.cover(
        lambda pen: pen.limb(
            [(0.105, 0.725), (0.140, 0.748), (0.180, 0.746), (0.204, 0.733)],
            [0.006, 0.015, 0.014, 0.006],
        )
    )
    figure.lay(mixed(hair, dark, 0.5), brow * face * 0.9)
    wing = figure.cover(
        lambda pen: pen.limb(
            [(0.205, 0.628), (0.200, 0.610), (0.214, 0.600)], [0.004, 0.007, 0.006]
        )
    )
    figure.lay(fold, wing * 0.7)
    figure.lay(
        fold, figure.cover(lambda pen: pen.ellipse(0.230, 0.601, 0.010, 0.004, -0.2)) * face * 0.7
    )
    lips = mixed(rosy, rgb("a83a44"), 0.15 if short else 0.45)
    figure.lay(
        lips,
        figure.cover(
            lambda pen: pen.polygon(
                [(0.250, 0.566), (0.226, 0.575), (0.188, 0.551), (0.225, 0.546), (0.252, 0.548)]
            )
        )
        * face
        * 0.9,
    )
    figure.lay(
        mixed(lips, rosy, 0.35),
        figure.cover(
            lambda pen: pen.polygon(
                [(0.252, 0.546), (0.225, 0.546), (0.190, 0.550), (0.206, 0.526), (0.240, 0.516)]
            )
        )
        * face
        * 0.85,
    )
    figure.lay(
        mixed(lips, rgb("3a1418"), 0.6),
        figure.cover(
            lambda pen: pen.limb(
                [(0.184, 0.551), (0.205, 0.547), (0.236, 0.546)], [0.003, 0.005, 0.004]
            )
        )
        * face,
    )
    jaw = figure.cover(
        lambda pen: pen.limb(
            [(-0.03, 0.55), (0.0, 0.49), (0.07, 0.452), (0.15, 0.438)], [0.004, 0.012, 0.012, 0.004]
        )
    )
    figure.lay(fold, figure.blurred(jaw, 0.008) * face * 0.5)


def draw_crown(figure: Figure, hair: Array, strands: Array) -> None:
    """Draw hair combed back from the forehead over the ear into a knot."""

    def crown(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.175, 0.835),
                (0.150, 0.895),
                (0.06, 0.945),
                (-0.07, 0.945),
                (-0.18, 0.89),
                (-0.245, 0.79),
                (-0.245, 0.67),
                (-0.20, 0.57),
                (-0.13, 0.535),
                (-0.075, 0.58),
                (-0.02, 0.665),
                (0.03, 0.735),
                (0.09, 0.785),
                (0.135, 0.80),
            ]
        )

    figure.solid(
        crown, (mixed(hair, rgb("120c10"), 0.35), hair), depth=0.09, texture=strands, gloss=0.18
    )
    for k in range(7):
        t = k / 6
        path = [
            (0.14 - 0.04 * t, 0.84 + 0.035 * t),
            (0.02 - 0.06 * t, 0.80 + 0.07 * t),
            (-0.13 - 0.04 * t, 0.70 + 0.05 * t),
            (-0.21, 0.60 + 0.02 * t),
        ]
        tone = mixed(hair, rgb("f4d8b0"), 0.35) if k % 2 else mixed(hair, rgb("120c10"), 0.5)
        figure.lay(
            tone,
            figure.cover(stroke(path, [0.002, 0.006, 0.006, 0.002])) * 0.5,
        )


def draw_knot(figure: Figure, hair: Array, strands: Array) -> None:
    """Draw the knot at the back of the head and a loose lock on the neck."""
    dark = mixed(hair, rgb("120c10"), 0.3)
    figure.solid(
        lambda pen: pen.ellipse(-0.30, 0.70, 0.115, 0.105, 0.4),
        (dark, hair),
        depth=0.06,
        texture=strands,
        gloss=0.15,
    )
    figure.solid(
        lambda pen: pen.limb(
            [(-0.17, 0.58), (-0.20, 0.47), (-0.17, 0.38), (-0.21, 0.31)], [0.05, 0.04, 0.025, 0.006]
        ),
        dark,
        depth=0.02,
        texture=strands,
    )


def draw_short_hair(figure: Figure, hair: Array, strands: Array) -> None:
    """Draw short hair with a fringe."""

    def crown(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.195, 0.835),
                (0.20, 0.90),
                (0.12, 0.955),
                (-0.02, 0.965),
                (-0.15, 0.92),
                (-0.235, 0.82),
                (-0.245, 0.70),
                (-0.215, 0.58),
                (-0.165, 0.535),
                (-0.115, 0.56),
                (-0.075, 0.63),
                (-0.045, 0.715),
                (0.02, 0.735),
                (0.045, 0.785),
                (0.12, 0.81),
            ]
        )

    figure.solid(
        crown, (mixed(hair, rgb("120c10"), 0.35), hair), depth=0.08, texture=strands, gloss=0.15
    )
    figure.lay(
        hair,
        figure.cover(
            lambda pen: pen.polygon([(-0.01, 0.73), (0.03, 0.735), (0.022, 0.66), (0.008, 0.645)])
        )
        * 0.85,
    )
