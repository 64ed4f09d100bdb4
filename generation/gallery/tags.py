"""Tags of images: clean their names, find them, list them with counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, OuterRef
from django.utils.translation import gettext as _

from accounts.models import User
from artgen.refusals import FieldError, Refusal
from generation.models import Counted, ImageTag, Tag
from generation.models.tags import TAG_MAX
from generation.owned_rows.names import cleaned as cleaned_name
from generation.owned_rows.names import folded

MAX_PER_IMAGE = 20
MAX_COUNTED = 1000

Names = dict[str, str]
"""Names of tags by their folded names, in order."""


class TooManyTags(Refusal):
    def __init__(self) -> None:
        detail = _("An image can have up to %(max)d tags. Remove one first.")
        detail %= {"max": MAX_PER_IMAGE}
        super().__init__(errors=[FieldError("tags", "max_length", detail)])


@dataclass(frozen=True)
class OwnTag:
    """A tag in lists. `is_more`: more images have it than `count`."""

    name: str
    count: int
    is_more: bool


class CountedTag(NamedTuple):
    """The key of a tag, and its number of images, the trash included."""

    images: int
    pk: int


def clean(name: str) -> str:
    """Return the name with composed letters, single spaces and without "#"; raise Refusal."""
    name = cleaned_name(name).lstrip("#").lstrip()
    if not name:
        raise _bad("blank", _("Enter a tag."))
    if len(name) > TAG_MAX:
        text = _("A tag can have at most %(max)d characters.") % {"max": TAG_MAX}
        raise _bad("max_length", text)
    if "," in name:
        raise _bad("invalid", _("Enter one tag at a time, without commas."))
    if not name.isprintable():
        raise _bad("control_characters", _("The tag contains unsupported characters."))
    return name


def cleaned(names: Iterable[str]) -> Names:
    """Return the names of one image's tags; raise Refusal."""
    cleaned_names = by_folded(map(clean, names))
    if len(cleaned_names) > MAX_PER_IMAGE:
        raise TooManyTags
    return cleaned_names


def by_folded(names: Iterable[str]) -> Names:
    """Return the names by their folded names; the first of several spellings counts."""
    names_by_folded: Names = {}
    for name in names:
        names_by_folded.setdefault(folded(name), name)
    return names_by_folded


def split(text: str) -> list[str]:
    """Return the names in a text that separates them by commas or line ends."""
    return [name for name in text.replace("\n", ",").split(",") if name.strip(" \t\r#")]


def find_all(user: User, names: Iterable[str], *, count_to: int) -> list[CountedTag]:
    """Return the user's tags of these names, ignoring case, the least used first, in one query.

    [] if one of them does not exist. Counting stops at `count_to`.
    """
    try:
        wanted = cleaned(names)
    except Refusal:
        return []
    own_tags = Tag.objects.of(user).filter(folded_name__in=list(wanted))
    rows = own_tags.annotate(count=_members(count_to)).values_list("count", "pk")
    counted = sorted(CountedTag(*row) for row in rows)
    return counted if len(counted) == len(wanted) else []


def find(user: User, name: str) -> Tag | None:
    """Return the user's tag of this name, ignoring case; None if there is none."""
    try:
        folded_name = folded(clean(name))
    except Refusal:
        return None
    return Tag.objects.of(user).filter(folded_name=folded_name).first()


def own(user: User) -> list[OwnTag]:
    """Return the user's tags by name with their numbers of images outside the trash.

    At most two queries. Tags of images in the trash alone are left out. Counting stops at
    MAX_COUNTED.
    """
    counted = Tag.objects.of(user).by_name().annotate(count=_members(MAX_COUNTED + 1))
    rows = list(counted.values_list("pk", "name", "count"))
    in_trash = _in_trash(user) if rows else {}
    own_tags = [_own_tag(name, count, in_trash=in_trash.get(pk, 0)) for pk, name, count in rows]
    return [tag for tag in own_tags if tag.count]


def names_of(user: User) -> list[str]:
    return list(Tag.objects.of(user).by_name().values_list("name", flat=True))


def of_these(*, user: User, ids: Sequence[UUID]) -> dict[str, int]:
    """Return the tags of the user's untrashed images among `ids`: name → number of these images."""
    members = ImageTag.objects.filter(
        image__in=ids, image__user=user, image__trashed_at__isnull=True, tag__user=user
    )
    counted = members.values_list("tag__name").annotate(count=Count("pk"))
    return dict(counted.order_by("tag__folded_name"))


def _members(count_to: int) -> Counted:
    members = ImageTag.objects.filter(tag=OuterRef("pk")).order_by("image_id")
    return Counted(members.values("image_id")[:count_to])


def _in_trash(user: User) -> Mapping[int, int]:
    trashed = ImageTag.objects.filter(
        image__user=user, image__trashed_at__isnull=False, tag__user=user
    )
    return dict(trashed.order_by().values_list("tag").annotate(count=Count("pk")))


def _own_tag(name: str, count: int, *, in_trash: int) -> OwnTag:
    is_more = count > MAX_COUNTED
    return OwnTag(name, MAX_COUNTED if is_more else count - in_trash, is_more)


def _bad(code: str, detail: str) -> Refusal:
    return Refusal(errors=[FieldError("tags", code, detail)])
