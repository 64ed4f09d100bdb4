"""Types of fields in the API's JSON, for TypedDicts; `artgen.api.openapi` reads them."""

from dataclasses import dataclass
from typing import Annotated, TypedDict


@dataclass(frozen=True)
class Keywords:
    """Keywords of JSON Schema that a Python type does not imply."""

    format: str | None = None
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None


IdText = Annotated[str, Keywords(format="uuid")]
"""An id, where the JSON is also sent over a channel layer; else a field is a UUID."""
MomentText = Annotated[str, Keywords(format="date-time")]
"""A moment by `time_json`, where the JSON is also sent over a channel layer; else a datetime."""
Slug = Annotated[str, Keywords(pattern="^[-a-zA-Z0-9_]+$")]
Url = Annotated[str, Keywords(format="uri")]


class PageLinks(TypedDict):
    """The pages beside one."""

    next: Annotated[Url | None, "The page with older results."]
    previous: Annotated[Url | None, "The page with newer results."]


class Page[Result](PageLinks):
    """A page of a list."""

    results: list[Result]
