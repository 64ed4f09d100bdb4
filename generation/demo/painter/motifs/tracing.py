"""Rays through boxes, some with arched openings, and balls.

Boxes are met by the slab method (Kay and Kajiya, 1986).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.demo.painter.canvas import smoothstep
from generation.demo.painter.noise import Array

Whole = NDArray[np.signedinteger[Any]]
Mask = NDArray[np.bool_]
_FAR = 1e4

ORIGIN = np.array([0.0, 1.0, -4.0], np.float32)
"""Where the viewer stands, looking along z."""


@dataclass(frozen=True)
class Box:
    """A box of one material, optionally with arches (center, half width, spring) along z."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    material: int
    openings: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Ball:
    """A ball that lies on the floor or on a wall."""

    center: tuple[float, float, float]
    radius: float
    material: int


@dataclass
class Hit:
    """The hits of rays (N,): distance, unit normal (3, N), material, face code; -1: none."""

    t: Array
    normal: Array
    material: Whole
    thing: Whole


def trace(boxes: list[Box], balls: list[Ball], dx: Array, dy: Array) -> Hit:
    """Return the nearest hits of rays from the eye in direction (dx, dy, 1)."""
    best = np.full(dx.shape, _FAR, np.float32)
    normal = np.zeros((3, dx.size), np.float32)
    material = np.full(dx.size, -1, np.int8)
    thing = np.full(dx.size, -1, np.int32)
    ix, iy = (
        1 / np.where(np.abs(dx) < 1e-6, 1e-6, dx),
        1 / np.where(np.abs(dy) < 1e-6, 1e-6, dy),
    )
    for index, box in enumerate(boxes):
        ax, bx = (np.float32(box.low[0] - ORIGIN[0]) * ix, np.float32(box.high[0] - ORIGIN[0]) * ix)
        ay, by = (np.float32(box.low[1] - ORIGIN[1]) * iy, np.float32(box.high[1] - ORIGIN[1]) * iy)
        nx, ny = np.minimum(ax, bx), np.minimum(ay, by)
        az, bz = np.float32(box.low[2] - ORIGIN[2]), np.float32(box.high[2] - ORIGIN[2])
        enter = np.maximum(np.maximum(nx, ny), az)
        leave = np.minimum(np.minimum(np.maximum(ax, bx), np.maximum(ay, by)), bz)
        where = np.flatnonzero((enter < leave) & (enter < best) & (enter > 0.01))
        if where.size == 0:
            continue
        t = enter[where]
        face = np.where(t == az, 2, np.where(t == nx[where], 0, 1))
        facing = np.zeros((3, where.size), np.float32)
        facing[2, face == 2] = -1
        facing[0, face == 0] = -np.sign(dx[where][face == 0])
        facing[1, face == 1] = -np.sign(dy[where][face == 1])
        code = np.full(where.size, index * 8, np.int32) + face
        for opening in box.openings:
            through = _opening(box, opening, dx[where], dy[where], t, face, facing, code)
            t = np.where(through, _FAR, t)
        keep = t < best[where]
        where, t = where[keep], t[keep]
        best[where], thing[where], material[where] = t, code[keep], box.material
        normal[:, where] = facing[:, keep]
    for index, ball in enumerate(balls):
        ox, oy, oz = (np.float32(ball.center[k] - ORIGIN[k]) for k in range(3))
        length = dx * dx + dy * dy + 1
        along = (dx * ox + dy * oy + oz) / length
        room = np.float32(ball.radius) ** 2 - (ox * ox + oy * oy + oz * oz - along * along * length)
        t = along - np.sqrt(np.maximum(room, 0) / length)
        where = np.flatnonzero((room > 0) & (t < best))
        best[where], material[where], thing[where] = t[where], ball.material, 1000 + index
        at = t[where]
        normal[:, where] = np.stack(
            [dx[where] * at - ox, dy[where] * at - oy, at - oz]
        ) / np.float32(ball.radius)
    return Hit(best, normal, material, thing)


def _opening(
    box: Box,
    opening: tuple[float, float, float],
    dx: Array,
    dy: Array,
    t: Array,
    face: Whole,
    facing: Array,
    code: Whole,
) -> Mask:
    """Move hits inside an arched opening to its jambs; return which rays pass through."""
    center, half, spring = opening
    x, y = ORIGIN[0] + dx * t - np.float32(center), ORIGIN[1] + dy * t
    inside = (face == 2) & _in_arch(x, y, half, spring)
    back = np.float32(box.high[2] - ORIGIN[2])
    # Where the ray leaves the opening sideways: a jamb below the spring, the vault above.
    with np.errstate(divide="ignore", invalid="ignore"):
        jamb = (np.sign(dx) * np.float32(half) + np.float32(center) - ORIGIN[0]) / dx
        a = dx * dx + dy * dy
        ox, oy = ORIGIN[0] - np.float32(center), ORIGIN[1] - np.float32(spring)
        b = dx * ox + dy * oy
        root = np.sqrt(np.maximum(b * b - a * (ox * ox + oy * oy - np.float32(half * half)), 0))
        vault = (-b + root) / a
    jamb_y = ORIGIN[1] + dy * jamb
    low = inside & (jamb < back) & (jamb_y <= spring)
    vault_y = ORIGIN[1] + dy * vault
    high = inside & ~low & (vault < back) & (vault_y > spring)
    t[low], t[high] = jamb[low], vault[high]
    facing[:, low] = 0
    facing[0, low] = -np.sign(dx[low])
    facing[0, high] = -(ox + dx[high] * vault[high]) / np.float32(half)
    facing[1, high] = -(oy + dy[high] * vault[high]) / np.float32(half)
    facing[2, high] = 0
    code[low] += 4
    code[high] += 5
    result: Mask = inside & ~low & ~high
    return result


def _in_arch(x: Array, y: Array, half: float, spring: float) -> Mask:
    result: Mask = (
        (np.abs(x) < half)
        & ((y < spring) | (x * x + (y - np.float32(spring)) ** 2 < half * half))
        & (y > 0)
    )
    return result


def sunlight(
    boxes: list[Box], balls: list[Ball], x: Array, y: Array, z: Array, sun: Array
) -> Array:
    """Return the sunlight 0..1 at points, with shadows that soften with distance."""
    light = np.ones(x.shape, np.float32)
    inverse = 1 / sun
    for box in boxes[1:]:
        enter, leave = np.full(x.shape, 0.004, np.float32), np.full(x.shape, _FAR, np.float32)
        for axis, position in enumerate((x, y, z)):
            a, b = (
                (np.float32(box.low[axis]) - position) * inverse[axis],
                (np.float32(box.high[axis]) - position) * inverse[axis],
            )
            enter, leave = np.maximum(enter, np.minimum(a, b)), np.minimum(leave, np.maximum(a, b))
        soft = 0.012 + 0.03 * np.clip(enter, 0, 6)
        dark = smoothstep(0, 1, (leave - enter) / soft)
        if box.openings:
            open_sky = np.zeros(x.shape, np.float32)
            first = (np.float32(box.low[2]) - z) * inverse[2]
            second = (np.float32(box.high[2]) - z) * inverse[2]
            for center, half, spring in box.openings:
                passing = np.ones(x.shape, np.float32)
                for cross in (first, second):
                    cross = np.maximum(cross, 0)
                    px, py = x + cross * sun[0] - np.float32(center), y + cross * sun[1]
                    depth = np.where(
                        py < spring,
                        np.float32(half) - np.abs(px),
                        np.float32(half) - np.hypot(px, py - np.float32(spring)),
                    )
                    passing = np.minimum(
                        passing,
                        smoothstep(-1, 1, depth / (0.010 + 0.016 * np.clip(cross, 0, 6))),
                    )
                open_sky = np.maximum(open_sky, passing)
            dark = dark * (1 - open_sky)
        light *= 1 - dark
    for ball in balls:
        dx, dy, dz = (np.float32(ball.center[k]) - position for k, position in enumerate((x, y, z)))
        along = dx * sun[0] + dy * sun[1] + dz * sun[2]
        away = np.sqrt(
            (dx - along * sun[0]) ** 2 + (dy - along * sun[1]) ** 2 + (dz - along * sun[2]) ** 2
        )
        soft = 0.012 + 0.035 * np.clip(along, 0, 6)
        light *= 1 - smoothstep(1, -1, (away - np.float32(ball.radius)) / soft) * (along > 0)
    return light
