"""Colors: conversions, gradients, and the light of each time of day."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .noise import Array

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_LAB, _FROM_LMS = np.linalg.inv(_TO_LAB), np.linalg.inv(_TO_LMS)
_STEPS = 2048


def hexes(text: str) -> Array:
    """Return the colors of a space-separated list such as "1b2440 f0a182" as (n, 3) in 0..1."""
    rows = [[int(word[i : i + 2], 16) / 255 for i in (0, 2, 4)] for word in text.split()]
    return np.array(rows, dtype=np.float32)


def rgb(text: str) -> Array:
    """Return one hexadecimal color as (3,) in 0..1."""
    result: Array = hexes(text)[0]
    return result


def to_oklab(colors: Array) -> Array:
    """Return sRGB colors (..., 3) as OKLab. Source: B. Ottosson, "A perceptual color space"."""
    linear = np.clip(colors, 0, None) ** 2.2
    result: Array = (np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T).astype(np.float32)
    return result


def from_oklab(lab: Array) -> Array:
    """Return OKLab colors (..., 3) as sRGB, clipped to 0..1."""
    linear = ((lab @ _FROM_LAB.T) ** 3) @ _FROM_LMS.T
    return np.clip(linear, 0, 1).astype(np.float32) ** np.float32(1 / 2.2)


def mixed(first: Array, second: Array, amount: float) -> Array:
    """Return the color `amount` (0..1) of the way from one to the other, mixed in OKLab."""
    lab = to_oklab(first)
    return from_oklab(lab + (to_oklab(second) - lab) * np.float32(amount))


def tinted(colors: Array, tint: Array, amount: float) -> Array:
    """Return `colors` (..., 3) with hue shifted toward `tint` (3,), lightness unchanged."""
    lab = to_oklab(colors)
    goal = to_oklab(tint)[1:]
    lightness = lab[..., :1]
    # Very dark and very light colors carry little chroma; full chroma there looks dyed.
    room = np.clip(1.25 - np.abs(lightness - 0.62) * 1.5, 0.25, 1).astype(np.float32)
    lab[..., 1:] += (goal * room - lab[..., 1:]) * np.float32(amount)
    return from_oklab(lab)


def lightened(colors: Array, amount: float, *, chroma: float = 1.0) -> Array:
    """Return `colors` (..., 3) with OKLab lightness + `amount` and chroma × `chroma`."""
    lab = to_oklab(colors)
    lab[..., 0] = np.clip(lab[..., 0] + amount, 0.02, 1)
    lab[..., 1:] *= np.float32(chroma)
    return from_oklab(lab)


def ramp(stops: Array, at: Array) -> Array:
    """Return colors (3, *at.shape) of a gradient over `stops` (n, 3) at positions 0..1."""
    lab = to_oklab(stops)
    places = np.linspace(0, 1, _STEPS)
    anchors = np.linspace(0, 1, len(stops))
    table = np.stack([np.interp(places, anchors, lab[:, channel]) for channel in range(3)], axis=-1)
    # Rounded corners: the eye sees the bends of a piecewise linear gradient as bands.
    reach = _STEPS // (4 * max(1, len(stops) - 1))
    kernel = np.hanning(2 * reach + 1)
    kernel /= kernel.sum()
    padded = np.pad(table, ((reach, reach), (0, 0)), mode="edge")
    table = np.stack(
        [np.convolve(padded[:, channel], kernel, mode="valid") for channel in range(3)], axis=-1
    )
    colors = from_oklab(table.astype(np.float32))
    index = np.clip(at * np.float32(_STEPS - 1) + 0.5, 0, _STEPS - 1).astype(np.int32)
    return np.stack([colors[:, channel][index] for channel in range(3)])


@dataclass(frozen=True)
class Light:
    """How a landscape is lit: colors (3,) in 0..1; `sky` runs from the zenith to the horizon."""

    name: str
    sky: Array
    sun: Array
    near: Array
    far: Array
    direct: Array
    ambient: Array
    height: float

    @property
    def night(self) -> bool:
        """True if stars and lamps show."""
        return self.name == "night"

    @property
    def dim(self) -> bool:
        """True if windows would be lit."""
        return self.name in ("night", "dusk")

    @property
    def haze(self) -> Array:
        """The color into which distance fades."""
        return mixed(self.sky[-2], self.far, 0.35)

    def recolored(self, tint: Array, amount: float) -> Light:
        """Return this light with every hue drawn toward `tint`."""
        return replace(
            self,
            sky=tinted(self.sky, tint, amount),
            near=tinted(self.near, tint, amount * 0.8),
            far=tinted(self.far, tint, amount),
            sun=tinted(self.sun, tint, amount * 0.3),
        )

    def veiled(self, amount: float) -> Light:
        """Return this light under overcast or fog: a paler, grayer sky that glows low."""
        pale = lightened(self.sky[-2], 0.04, chroma=0.5)
        sky = np.stack(
            [
                mixed(stop, pale, amount * (0.55 + 0.3 * i / len(self.sky)))
                for i, stop in enumerate(self.sky)
            ]
        )
        return replace(
            self,
            sky=sky,
            far=mixed(self.far, pale, amount * 0.5),
            sun=mixed(self.sun, pale, amount * 0.4),
        )

    def darkened(self, amount: float) -> Light:
        """Return this light under storm clouds or in a dark mood."""
        return replace(
            self,
            sky=lightened(self.sky, -amount, chroma=0.85),
            near=lightened(self.near, -amount * 0.4),
            far=lightened(self.far, -amount * 0.8),
            direct=self.direct * np.float32(1 - amount),
        )


def _light(
    name: str, sky: str, sun: str, near: str, far: str, direct: str, ambient: str, height: float
) -> Light:
    return Light(name, hexes(sky), rgb(sun), rgb(near), rgb(far), rgb(direct), rgb(ambient), height)


LIGHTS: dict[str, tuple[Light, ...]] = {
    "dawn": (
        _light(
            "dawn",
            "2b4a6f 6f88a5 e8b9a0 ffd9ae fff0d8",
            "fff1d0",
            "10202f",
            "8fa0b5",
            "ffd2a0",
            "6a7a9c",
            0.14,
        ),
        _light(
            "dawn",
            "6c8fbc a9b9d8 ecc9c6 f9dcc4 fdf1dc",
            "fff4dc",
            "22384a",
            "a9b8c9",
            "ffdcb8",
            "7d8db0",
            0.18,
        ),
        _light(
            "dawn",
            "31506b 64868f b3b7a0 f0d3a4 fff0cc",
            "fff3cf",
            "13262a",
            "8ea7a3",
            "ffd9a0",
            "64808c",
            0.12,
        ),
    ),
    "day": (
        _light(
            "day",
            "3f7fb8 6fa5d0 a9cbe0 dbe6e2 f3efe2",
            "fffaea",
            "1d3a3f",
            "a3bcc2",
            "fff4dc",
            "7f98b0",
            0.5,
        ),
        _light(
            "day",
            "88a9b8 b4cad0 d9e4e0 f4eee0 fffaf0",
            "fffdf2",
            "1d3a3f",
            "a3bcc2",
            "fff2da",
            "8fa3ac",
            0.4,
        ),
        _light(
            "day",
            "2f6fa8 5f9acb 9fc6e4 cfe2ec eef2ee",
            "fffbf0",
            "17303f",
            "9db7cc",
            "fff6e4",
            "7892b4",
            0.55,
        ),
    ),
    "sunset": (
        _light(
            "sunset",
            "1b2440 4a4a78 a8698a f0a182 ffd7a0",
            "ffe6b8",
            "0e1024",
            "7a6f98",
            "ffae70",
            "5c4f7c",
            0.07,
        ),
        _light(
            "sunset",
            "2a2350 6a3f78 c85f6f f7935a ffd28a",
            "ffe3a4",
            "150d22",
            "8a5a7c",
            "ff9e58",
            "5b4272",
            0.05,
        ),
        _light(
            "sunset",
            "34507f 5f6f9f c98f9a f0b48a ffe0b0",
            "fff0cc",
            "14182c",
            "8c86a4",
            "ffc088",
            "66698f",
            0.10,
        ),
        _light(
            "sunset",
            "3b2f4f 8a4a5c d9694f f59f4f ffdb8c",
            "fff0c0",
            "1a1118",
            "93646a",
            "ffab58",
            "664a5e",
            0.06,
        ),
    ),
    "dusk": (
        _light(
            "dusk",
            "141d3c 2f3a68 5f5a8c a87f98 e8ae98",
            "ffdcc4",
            "0a0d1e",
            "5f628c",
            "c89aa4",
            "4a5078",
            0.03,
        ),
        _light(
            "dusk",
            "0f2038 234260 4f7088 8fa3a6 e2c6a8",
            "ffe6c0",
            "07121c",
            "557386",
            "c8b09a",
            "40586e",
            0.03,
        ),
        _light(
            "dusk",
            "1d1838 3c2f60 6f4f84 b87a94 eeb09c",
            "ffdcc0",
            "0d0a1c",
            "67588a",
            "cf97a0",
            "50477a",
            0.03,
        ),
    ),
    "night": (
        _light(
            "night",
            "050b18 0a1730 132a4a 21456a 3a6488",
            "f4efdc",
            "04080f",
            "24425e",
            "93a8c8",
            "22344f",
            0.55,
        ),
        _light(
            "night",
            "0b0a20 171538 2a2458 43386e 66598a",
            "f6ecdc",
            "07060f",
            "3c3660",
            "a49cc8",
            "2c2a52",
            0.5,
        ),
        _light(
            "night",
            "04101a 08202c 0f3440 1f525c 3d7472",
            "eef2e0",
            "030a0e",
            "22505a",
            "90b8b8",
            "1c3c46",
            0.52,
        ),
    ),
}
"""Several lights of each time of day; the seed picks one."""

NAMED_COLORS: dict[str, Array] = {
    "red": rgb("c8342b"),
    "orange": rgb("e8792b"),
    "yellow": rgb("edb93a"),
    "gold": rgb("d29a3a"),
    "green": rgb("3f8a55"),
    "emerald": rgb("0f7f63"),
    "turquoise": rgb("1f9a9a"),
    "blue": rgb("2f62b0"),
    "sky": rgb("6fb0dc"),
    "violet": rgb("7448a8"),
    "lilac": rgb("a98acb"),
    "pink": rgb("e58aa4"),
    "coral": rgb("ee7460"),
    "brown": rgb("80543a"),
    "beige": rgb("d9c4a0"),
    "white": rgb("f2eee6"),
    "gray": rgb("8d9296"),
    "black": rgb("17181c"),
}
"""What a color word means, by the keys of the word table."""
