"""Numbers as arguments of commands, with limits: argparse shows the message, without a traceback.

Independent of Django: the emulator, which starts without it, uses them, too.
"""

import argparse
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Whole:
    """`type` of an argument that is a whole number from `least` to `most`."""

    least: int
    most: int

    def __call__(self, text: str) -> int:
        """Return the number; raise ArgumentTypeError."""
        wrong = argparse.ArgumentTypeError(
            f"must be a whole number from {self.least} to {self.most}, not {text!r}"
        )
        try:
            number = int(text)
        except ValueError:
            raise wrong from None
        if not self.least <= number <= self.most:
            raise wrong
        return number


@dataclass(frozen=True)
class Decimal:
    """`type` of an argument that is a number from `least` to `most`."""

    least: float
    most: float

    def __call__(self, text: str) -> float:
        """Return the number; raise ArgumentTypeError."""
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not self.least <= number <= self.most:  # NaN is not, either
            raise argparse.ArgumentTypeError(
                f"must be a number from {self.least:g} to {self.most:g}, not {text!r}"
            )
        return number


@dataclass(frozen=True)
class Span:
    """`type` of an argument that is a number or a range such as 2-8, from `least` to `most`."""

    least: float
    most: float

    def __call__(self, text: str) -> float | tuple[float, float]:
        """Return the number, or the ends of the range; raise ArgumentTypeError."""
        number = Decimal(self.least, self.most)
        first, dash, second = text.partition("-")
        if not dash or not first:
            return number(text)
        ends = number(first), number(second)
        if ends[0] > ends[1]:
            raise argparse.ArgumentTypeError(f"the smaller number comes first, not {text!r}")
        return ends


PORT = Whole(1, 65535)
DAYS = Whole(0, 36_500)
SECONDS = Decimal(0, 86_400)
