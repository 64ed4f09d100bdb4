"""A portrait in profile before a large disk of light, in the manner of a poster."""

from __future__ import annotations

import numpy as np

from generation.demo.painter.canvas import Canvas, column, smoothstep
from generation.demo.painter.figure import Figure, FigurePen, spline
from generation.demo.painter.noise import Array
from generation.demo.painter.palette import NAMED_COLORS, hexes, mixed, ramp, rgb
from generation.demo.painter.scene import Scene

from .faces import draw_crown, draw_features, draw_knot, draw_short_hair
from .stage import PLACES

_SKINS = hexes("f0c8a8 e0ac86 c68a62 9a6444 6a4230")
_HAIR = hexes("2a1c18 5a3420 8a4a24 c8904a 1a1618 a85a2c")
_HAIR_OLD = rgb("b8b4b0")
_HAIR_NAMED = {
    "red": "b04a22",
    "orange": "b04a22",
    "yellow": "d8a850",
    "gold": "d8a850",
    "brown": "5a3420",
    "black": "1a1618",
    "gray": "a8a6a4",
    "white": "dcd8d2",
}
_CLOTHES = hexes("c8483c 2f5a7a d99a2f 3f6f5a 7a4a78 e0d4c0")
_WALLS = (
    "2f4a5a 5f8088 d8c8a8",
    "6a3a40 b8685a f0c8a0",
    "3a3f5a 8a7a9a e8c8b8",
    "4a5a48 94a078 ece0b8",
    "7a5a3a c89a5a f4e0b4",
)
_FACE = [
    (0.02, 0.86),
    (0.10, 0.855),
    (0.165, 0.825),
    (0.205, 0.775),
    (0.215, 0.725),
    (0.212, 0.700),
    (0.222, 0.675),
    (0.252, 0.632),
    (0.262, 0.612),
    (0.250, 0.598),
    (0.226, 0.592),
    (0.228, 0.580),
    (0.243, 0.566),
    (0.240, 0.552),
    (0.222, 0.544),
    (0.236, 0.532),
    (0.232, 0.514),
    (0.214, 0.502),
    (0.216, 0.480),
    (0.206, 0.452),
    (0.176, 0.434),
    (0.130, 0.432),
    (0.070, 0.448),
    (0.02, 0.47),
]


def paint(canvas: Canvas, scene: Scene) -> None:
    """Paint a head and shoulders in profile, before a studio wall or a blurred place."""
    rng = canvas.rng("portrait")
    if scene.place in PLACES:
        PLACES[scene.place].paint(canvas, scene)
        canvas.rgb = canvas.blurred(canvas.rgb, 0.012)
    else:
        _paint_wall(canvas, rng)
    canvas.report(0.8)
    size = min(0.80, canvas.unit * float(rng.uniform(0.84, 0.92)))
    flip = bool(rng.random() < 0.5)
    x = canvas.aspect * 0.5 + (0.05 if flip else -0.05) * size
    skin = _SKINS[int(rng.integers(len(_SKINS)))]
    hair = _HAIR[int(rng.integers(len(_HAIR)))]
    if scene.has("old"):
        hair = _HAIR_OLD
    cloth = _CLOTHES[int(rng.integers(len(_CLOTHES)))]
    for name in scene.colors[:1]:
        if scene.has("hair"):
            hair = rgb(_HAIR_NAMED[name]) if name in _HAIR_NAMED else NAMED_COLORS[name]
        else:
            cloth = NAMED_COLORS[name]
    figure = Figure(
        canvas, x=x, foot=1.0, size=size, flip=flip, reach=(-0.75, -0.05, 0.75, 1.15), sun=1.0
    )
    if figure.hidden:
        return
    short = scene.has("man") or (not scene.has("woman") and bool(rng.random() < 0.4))
    _draw_bust(figure, rng, skin, hair, cloth, short=short)


def _paint_wall(canvas: Canvas, rng: np.random.Generator) -> None:
    tones = hexes(_WALLS[int(rng.integers(len(_WALLS)))])
    if canvas.light.night or canvas.light.dim:
        tones = np.stack([mixed(tone, canvas.light.sky[1], 0.5) for tone in tones])
    fog = canvas.fbm("wall", across=2.2, octaves=6, gain=0.6) - 0.5
    brushed = canvas.fbm("wall strokes", across=14, down=40, octaves=3) - 0.5
    x, y = canvas.aspect * 0.5, 0.40
    off = np.hypot(canvas.x - np.float32(x), canvas.y - np.float32(y)) / np.float32(
        max(1.0, canvas.aspect)
    )
    canvas.fill(ramp(tones, np.clip(0.80 - off * 1.15 + fog * 0.35 + brushed * 0.10, 0, 1)))
    disk = canvas.disk(x, y, canvas.unit * 0.33, 2.0)
    warm = mixed(tones[2], canvas.light.sun, 0.35)
    canvas.lay(column(warm) * (1 + brushed * 0.12 + fog * 0.15), disk * 0.62)


def _draw_bust(
    figure: Figure, rng: np.random.Generator, skin: Array, hair: Array, cloth: Array, *, short: bool
) -> None:
    strands = figure.noise("strands", across=10, up=52, octaves=4)
    pores = figure.noise("skin", across=9, octaves=5)
    weave = figure.noise("cloth", across=60, octaves=3)
    rosy = mixed(skin, rgb("d8605a"), 0.35)
    if not short:
        draw_knot(figure, hair, strands)

    def neck(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.09, 0.50),
                (0.105, 0.40),
                (0.115, 0.31),
                (0.16, 0.22),
                (-0.22, 0.18),
                (-0.175, 0.32),
                (-0.165, 0.45),
                (-0.16, 0.58),
                (0.02, 0.60),
            ]
        )

    figure.solid(
        neck,
        (mixed(skin, rgb("5a2a24"), 0.30), skin),
        depth=0.10,
        texture=pores * 0.5 + 0.25,
        rim=0.3,
    )
    shade = figure.cover(neck) * smoothstep(0.36, 0.45, figure.py + figure.px * 0.12)
    figure.lay(
        mixed(skin, rgb("4a2024"), 0.5), figure.blurred(shade, 0.02) * figure.cover(neck) * 0.55
    )

    def shoulders(pen: FigurePen) -> None:
        pen.blob(
            [
                (0.14, 0.265),
                (0.24, 0.21),
                (0.36, 0.12),
                (0.42, -0.02),
                (0.40, -0.12),
                (-0.56, -0.12),
                (-0.55, 0.02),
                (-0.46, 0.15),
                (-0.30, 0.24),
                (-0.20, 0.305),
                (-0.06, 0.27),
            ]
        )

    figure.solid(
        shoulders, (mixed(cloth, rgb("101018"), 0.35), cloth), depth=0.12, texture=weave, rim=0.4
    )
    collar = figure.cover(
        lambda pen: pen.limb(
            [(-0.21, 0.31), (-0.07, 0.262), (0.13, 0.262), (0.165, 0.245)],
            [0.035, 0.04, 0.04, 0.02],
        )
    )
    figure.solid(collar, mixed(cloth, rgb("f4ead8"), 0.55), depth=0.02)

    def head(pen: FigurePen) -> None:
        pen.polygon(_smooth([*_FACE, (-0.10, 0.50), (-0.20, 0.62), (-0.20, 0.76), (-0.11, 0.85)]))

    face = figure.solid(head, skin, depth=0.13, texture=pores * 0.5 + 0.25, rim=0.55)
    blush = np.exp(-(((figure.px - 0.13) / 0.06) ** 2 + ((figure.py - 0.60) / 0.05) ** 2))
    figure.lay(rosy, blush * face * 0.30)
    draw_features(figure, skin, hair, mixed(skin, rosy, 0.45) if short else rosy, face, short=short)

    def ear(pen: FigurePen) -> None:
        pen.blob(
            [
                (-0.035, 0.68),
                (0.0, 0.69),
                (0.012, 0.655),
                (-0.002, 0.61),
                (-0.025, 0.585),
                (-0.045, 0.61),
            ]
        )

    if short:
        draw_short_hair(figure, hair, strands)
    else:
        draw_crown(figure, hair, strands)
    if short or rng.random() < 0.5:
        figure.solid(ear, mixed(skin, rosy, 0.3), depth=0.02)
        inner = figure.cover(
            lambda pen: pen.limb(
                [(-0.02, 0.67), (-0.008, 0.645), (-0.022, 0.615)], [0.007, 0.012, 0.006]
            )
        )
        figure.lay(mixed(skin, rgb("5a2a24"), 0.5), inner * 0.6)
        if not short:
            figure.solid(
                lambda pen: pen.ellipse(-0.022, 0.565, 0.013, 0.018),
                rgb("e0b050"),
                depth=0.01,
                gloss=0.9,
            )


def _smooth(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return spline(points, closed=True, steps=6)
