"""Bar charts of the start page: SVG attributes, one sentence, and the same numbers as a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from artgen import formatting
from generation.operations.activity import Hour

HEIGHT = 80
STEP, WIDTH = 12, 9  # of an hour, and of its bar


@dataclass(frozen=True)
class Part:
    """A rectangle: a share of a bar."""

    x: int
    y: float
    height: float
    kind: str


@dataclass(frozen=True)
class Bar:
    """One hour with the text that says what it shows."""

    title: str
    parts: list[Part]


@dataclass(frozen=True)
class Chart:
    """The bars, in units of the viewBox, and their table."""

    title: str
    summary: str
    bars: list[Bar]
    width: int
    first: str
    last: str
    columns: list[str]
    rows: list[tuple[str, ...]]
    legend: list[tuple[str, str]]
    height: int = HEIGHT


Layers = Callable[[Hour], Sequence[tuple[float, str]]]


def jobs(hours: Sequence[Hour]) -> Chart:
    """Return the jobs of each hour: with an image, failed, and others."""
    return _chart(
        hours,
        title=_("Jobs"),
        summary=_summary(
            hours,
            value=lambda hour: hour.jobs,
            words=lambda top: (
                _("Jobs by hour; most at %(time)s: %(count)s.")
                % {"time": formatting.clock(top.start), "count": formatting.number(top.jobs)}
            ),
            none=_("No jobs in the last 24 hours."),
        ),
        layers=lambda hour: (
            (hour.succeeded, "good"),
            (hour.unfinished + hour.canceled, "other"),
            (hour.failed, "bad"),
        ),
        columns=[_("Hour"), _("Image ready"), _("Failed"), _("Canceled"), _("In progress")],
        row=lambda hour: tuple(
            map(formatting.number, (hour.succeeded, hour.failed, hour.canceled, hour.unfinished))
        ),
        legend=[("good", _("done")), ("bad", _("failed")), ("other", _("canceled or in progress"))],
    )


def waits(hours: Sequence[Hour]) -> Chart:
    """Return the waiting times of each hour: p50, and above it p90."""
    return _chart(
        hours,
        title=_("Waiting time"),
        summary=_summary(
            hours,
            value=lambda hour: hour.waits.p90,
            words=lambda top: (
                _("Waiting time by hour; longest at %(time)s: half within %(p50)s.")
                % {
                    "time": formatting.clock(top.start),
                    "p50": formatting.duration(top.waits.p50 or 0),
                }
            ),
            none=_("No image in the last 24 hours."),
        ),
        layers=lambda hour: (
            (hour.waits.p50 or 0, "strong"),
            ((hour.waits.p90 or 0) - (hour.waits.p50 or 0), "other"),
        ),
        columns=[_("Hour"), "p50", "p90"],
        row=lambda hour: tuple(
            "—" if value is None else formatting.duration(value)
            for value in (hour.waits.p50, hour.waits.p90)
        ),
        legend=[("strong", "p50"), ("other", "p90")],
    )


def money(hours: Sequence[Hour]) -> Chart:
    """Return the credits charged in each hour; the dollars are in its text and in the table."""
    return _chart(
        hours,
        title=_("Credits"),
        summary=_summary(
            hours,
            value=lambda hour: hour.credits,
            words=lambda top: (
                _("Credits charged by hour; most at %(time)s: %(credits)s.")
                % {"time": formatting.clock(top.start), "credits": formatting.credits(top.credits)}
            ),
            none=_("No credits were charged in the last 24 hours."),
        ),
        layers=lambda hour: ((hour.credits, "strong"),),
        columns=[_("Hour"), _("Credits"), _("Cost, $")],
        row=lambda hour: (formatting.number(hour.credits), f"{hour.dollars:.2f}"),
        legend=[],
    )


def _summary(
    hours: Sequence[Hour],
    *,
    value: Callable[[Hour], float | None],
    words: Callable[[Hour], str],
    none: str,
) -> str:
    """Return the sentence of the hour with the highest value, `none` without such an hour."""
    top = max(hours, key=lambda hour: value(hour) or 0)
    return words(top) if value(top) else none


def _chart(
    hours: Sequence[Hour],
    *,
    title: str,
    summary: str,
    layers: Layers,
    columns: list[str],
    row: Callable[[Hour], tuple[str, ...]],
    legend: list[tuple[str, str]],
) -> Chart:
    most = max((sum(value for value, _kind in layers(hour)) for hour in hours), default=0) or 1
    bars = []
    for number, hour in enumerate(hours):
        y = float(HEIGHT)
        parts = []
        for value, kind in layers(hour):
            height = round(value * (HEIGHT - 4) / most, 1)
            y -= height
            if height:
                parts.append(Part(number * STEP, round(y, 1), height, kind))
        cells = zip(columns[1:], row(hour), strict=True)
        text = ", ".join(f"{name}: {value}" for name, value in cells)
        bars.append(Bar(f"{formatting.clock(hour.start)} — {text}", parts))
    return Chart(
        title=title,
        summary=summary,
        bars=bars,
        width=len(hours) * STEP - (STEP - WIDTH),
        first=formatting.moment(hours[0].start),
        last=_("now"),
        columns=columns,
        rows=[(formatting.clock(hour.start), *row(hour)) for hour in reversed(hours)],
        legend=legend,
    )
