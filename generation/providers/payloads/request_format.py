"""How a public endpoint names its parameters, as data that staff edit.

    {"size": {"mode": "size"}, "negative_prompt": "negative_prompt", "seed": "seed",
     "sources": {"field": "images", "list": true, "min": 1, "max": 3},
     "fixed": {"enable_safety_checker": true}, "images": "data[].b64_json"}

A missing name, or "" for the prompt, means that the endpoint does not have the parameter. `images`
is where the images are in its output; without it, they are looked for in all places that ArtGen
knows. Source of the names: the model pages below
https://docs.runpod.io/public-endpoints/reference and recordings of public projects.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from .dialect import PayloadError

MAX_SOURCES = 16
MAX_FIXED_BYTES = 4_000
SIDES = (16, 8192)  # px: range of limits and sizes
RATIO = re.compile(r"[1-9]\d?:[1-9]\d?")
SIZE = re.compile(r"([1-9]\d{1,4})\*([1-9]\d{1,4})")
SEPARATORS = ("*", "x")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
PATH = re.compile(r"(?=.{1,200}$)(\[\]|[\w-]+(\[\])?)(\.[\w-]+(\[\])?)*", re.ASCII)

# The keys of each size mode besides "mode".
_LIMITS = ("min", "max", "step")
SIZE_MODES: Mapping[str, tuple[str, ...]] = {
    "none": (),  # the endpoint decides
    "width_height": ("width", "height", *_LIMITS),  # two numbers
    "size": ("field", "sizes", "separator", *_LIMITS),  # "1024*768", or "1024x768"
    "megapixels": ("field",),  # of the upscaled image
    "aspect_ratio": ("field", "ratios"),  # the nearest of the ratios
    "custom": ("field", "width", "height", *_LIMITS),  # the ratio "custom" and two numbers
    "match_input_image": ("field",),  # as the first source image
}
VALUES = ("negative_prompt", "steps", "guidance", "seed", "strength", "scale")
"""Parameters that are sent as they are, under the name that the endpoint has for them."""
NAMES = ("prompt", *VALUES, "loras", "mask")
KEYS = ("size", "sources", *NAMES, "fixed", "images")


@dataclass(frozen=True, slots=True)
class FormatProblem:
    """A problem of one entry: `path` such as "size.mode", a stable `code`, values for its text."""

    path: str
    code: str  # unknown, type, name, path, value, range, required, duplicate, too_long
    value: str = ""
    known: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.path}: {self.code} {self.value} {', '.join(self.known)}".strip()


class RequestFormatError(PayloadError):
    """The request format is invalid; `problems` says where and why."""

    def __init__(self, problems: list[FormatProblem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeFormat:
    """How the size is sent. Sizes and limits in px; without them any size is sent."""

    mode: str = "none"
    field: str = ""
    width: str = "width"
    height: str = "height"
    sizes: tuple[tuple[int, int], ...] = ()
    separator: str = "*"
    ratios: tuple[str, ...] = ()
    min: int | None = None
    max: int | None = None
    step: int | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The names that it uses in the request."""
        sides = (self.width, self.height) if self.mode in ("width_height", "custom") else ()
        return ((self.field,) if self.field else ()) + sides


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesFormat:
    """Name and number of source images: one address, or a list of addresses.

    With `item` and `weight` the list has objects: the address and the number of each image.
    """

    field: str
    item: str = ""
    weight: str = ""
    list: bool = False
    min: int = 1
    max: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFormat:
    """Names of a public endpoint's parameters; empty if it does not have the parameter."""

    size: SizeFormat = field(default_factory=SizeFormat)
    sources: SourcesFormat | None = None
    prompt: str = "prompt"
    negative_prompt: str = ""
    steps: str = ""
    guidance: str = ""
    seed: str = ""
    strength: str = ""
    scale: str = ""
    loras: str = ""
    mask: str = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)  # sent with every job
    images: str = ""  # a path in the output, such as data[].b64_json


def parse_request_format(raw: object) -> RequestFormat:
    """Return the format in a JSON object. Raises RequestFormatError with all problems."""
    reader = _Reader()
    parsed = reader.read(raw)
    if reader.problems:
        raise RequestFormatError(reader.problems)
    return parsed


class _Reader:
    """Reads one format and collects all problems."""

    def __init__(self) -> None:
        self.problems: list[FormatProblem] = []

    def read(self, raw: object) -> RequestFormat:
        if not self.is_object(raw, "", KEYS):
            return RequestFormat()
        names = {key: self.name(key, raw[key]) for key in NAMES if key in raw}
        size = self.size(raw["size"]) if "size" in raw else SizeFormat()
        sources = self.sources(raw["sources"]) if "sources" in raw else None
        fixed = self.fixed(raw["fixed"]) if "fixed" in raw else {}
        images = self.path("images", raw["images"]) if "images" in raw else ""
        parsed = RequestFormat(size=size, sources=sources, fixed=fixed, images=images, **names)
        if size.mode == "match_input_image" and not (sources and sources.min):
            self.fail("sources.min", "required", "match_input_image")
        for name in ("strength", "scale", "mask"):
            if getattr(parsed, name) and sources is None:
                self.fail("sources", "required", name)
        self.check_duplicates(parsed)
        return parsed

    def fail(self, path: str, code: str, value: object = "", known: tuple[str, ...] = ()) -> None:
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        self.problems.append(FormatProblem(path, code, text[:80], known))

    def is_object(
        self, raw: object, path: str, keys: tuple[str, ...]
    ) -> TypeGuard[Mapping[str, Any]]:
        if not isinstance(raw, Mapping):
            self.fail(path, "type", "object")
            return False
        for key in raw:
            if key not in keys:
                self.fail(f"{path}.{key}"[:80].lstrip("."), "unknown", str(key), keys)
        return True

    def name(self, path: str, value: object) -> str:
        if (path, value) == ("prompt", ""):  # the endpoint takes none
            return ""
        if isinstance(value, str) and NAME.fullmatch(value):
            return value
        self.fail(path, "name", value)
        return ""

    def path(self, path: str, value: object) -> str:
        if isinstance(value, str) and PATH.fullmatch(value):
            return value
        self.fail(path, "path", value)
        return ""

    def number(self, path: str, value: object, *, minimum: int, maximum: int) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= maximum:
            return value
        self.fail(path, "range", value, (str(minimum), str(maximum)))
        return minimum

    def limit(self, raw: Mapping[str, Any], key: str) -> int | None:
        if key not in raw:
            return None
        least = 1 if key == "step" else SIDES[0]
        return self.number(f"size.{key}", raw[key], minimum=least, maximum=SIDES[1])

    def size(self, raw: object) -> SizeFormat:
        mode = raw.get("mode", "") if isinstance(raw, Mapping) else ""
        is_known = isinstance(mode, str) and mode in SIZE_MODES
        every = tuple(dict.fromkeys(key for keys in SIZE_MODES.values() for key in keys))
        if not self.is_object(raw, "size", ("mode", *(SIZE_MODES[mode] if is_known else every))):
            return SizeFormat()
        if not is_known:
            self.fail("size.mode", "value", mode, tuple(SIZE_MODES))
            return SizeFormat()
        usual = {"size": "size", "width_height": "", "none": "", "megapixels": "megapixels"}.get(
            mode, "aspect_ratio"
        )
        minimum, maximum, step = (self.limit(raw, key) for key in _LIMITS)
        if minimum and maximum and minimum > maximum:
            self.fail("size.max", "range", maximum, (str(minimum), str(SIDES[1])))
        ratios = tuple(self.texts("size.ratios", raw.get("ratios", []), RATIO, "16:9"))
        if mode == "aspect_ratio" and not ratios:
            self.fail("size.ratios", "required", mode)
        sizes = self.texts("size.sizes", raw.get("sizes", []), SIZE, "1024*768")
        separator = raw.get("separator", SEPARATORS[0])
        if separator not in SEPARATORS:
            self.fail("size.separator", "value", separator, SEPARATORS)
        return SizeFormat(
            mode=mode,
            separator=str(separator),
            field=self.name("size.field", raw.get("field", usual)) if usual else "",
            width=self.name("size.width", raw.get("width", "width")),
            height=self.name("size.height", raw.get("height", "height")),
            ratios=ratios,
            sizes=tuple(
                (int(match[1]), int(match[2])) for text in sizes if (match := SIZE.fullmatch(text))
            ),
            min=minimum,
            max=maximum,
            step=step,
        )

    def texts(
        self, path: str, value: object, pattern: re.Pattern[str], example: str
    ) -> Iterator[str]:
        if not isinstance(value, list | tuple):
            self.fail(path, "type", "list")
            return
        seen: set[str] = set()
        for text in value:
            if not isinstance(text, str) or not pattern.fullmatch(text):
                self.fail(path, "value", text, (example,))
            elif text in seen:
                self.fail(path, "duplicate", text)
            else:
                seen.add(text)
                yield text

    def sources(self, raw: object) -> SourcesFormat | None:
        if not self.is_object(raw, "sources", ("field", "list", "min", "max", "item", "weight")):
            return None
        if "field" not in raw:
            self.fail("sources.field", "required", "sources")
        as_list = raw.get("list", False)
        if not isinstance(as_list, bool):
            self.fail("sources.list", "type", "true")
            as_list = False
        name = self.name("sources.field", raw["field"]) if "field" in raw else ""
        minimum = self.number("sources.min", raw.get("min", 1), minimum=0, maximum=MAX_SOURCES)
        maximum = self.number(
            "sources.max",
            raw.get("max", max(1, minimum)),
            minimum=1,
            maximum=MAX_SOURCES if as_list else 1,
        )
        if minimum > maximum:
            self.fail("sources.min", "range", minimum, ("0", str(maximum)))
        names = {
            key: self.name(f"sources.{key}", raw[key]) for key in ("item", "weight") if key in raw
        }
        if names and not (as_list and len(set(names.values())) == 2):
            self.fail("sources", "required", "item, weight, list")
        return SourcesFormat(field=name, list=as_list, min=minimum, max=maximum, **names)

    def fixed(self, raw: object) -> Mapping[str, Any]:
        if not isinstance(raw, Mapping):
            self.fail("fixed", "type", "object")
            return {}
        for key in raw:
            self.name(f"fixed.{key}"[:80], key)
        try:
            written = json.dumps(raw, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            self.fail("fixed", "type", "JSON")
            return {}
        if len(written) > MAX_FIXED_BYTES:
            self.fail("fixed", "too_long", str(MAX_FIXED_BYTES))
        return dict(raw)

    def check_duplicates(self, parsed: RequestFormat) -> None:
        """Reject a name that two entries use: one would silently replace the other."""
        sent = [("size", name) for name in parsed.size.fields]
        sent += [("sources", parsed.sources.field)] if parsed.sources else []
        sent += [(key, getattr(parsed, key)) for key in NAMES]
        sent += [(f"fixed.{name}", name) for name in parsed.fixed]
        seen: set[str] = set()
        for path, name in sent:
            if name and name in seen:
                self.fail(path, "duplicate", name)
            seen.add(name)
