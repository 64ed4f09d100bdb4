"""Tags of images: add and remove them, for one image or many, and list them with counts.

A user's tags are changed by one request at a time, under a lock of the user's row. So limits hold
exactly, two spellings of a tag stay one, and a tag that no image has can be deleted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.limits import rate_limits
from accounts.models import User
from artgen.refusals import FieldError, Refusal
from artgen.web import formatting
from generation.models import Counted, Image, ImageQuerySet, ImageTag, Tag, tag_names
from generation.models.tags import TAG_MAX
from generation.studio.presets import named

MAX_PER_IMAGE = 20
MAX_TAGS = 500
"""Different tags of one user."""
MAX_COUNTED = 1000
BATCH_SIZE = 500  # rows in one statement

Names = dict[str, str]
"""Names of tags by their folded names, in order."""


class TooManyTags(Refusal):
    """The image would have more tags than MAX_PER_IMAGE."""

    def __init__(self) -> None:
        detail = _("An image can have up to %(max)d tags. Remove one first.")
        detail %= {"max": MAX_PER_IMAGE}
        super().__init__(errors=[FieldError("tags", "max_length", detail)])


class TooManyOwnTags(Refusal):
    """The user has reached the limit of different tags."""

    code = "too_many_tags"
    status = 409

    def __init__(self) -> None:
        text = _(
            "The limit of %(limit)s different tags is reached. Use one that you have, or remove a "
            "tag from all its images."
        )
        super().__init__(text % {"limit": formatting.number(MAX_TAGS)}, limit=MAX_TAGS)


@dataclass(frozen=True)
class OwnTag:
    """A tag in lists. `is_more`: more images have it than `count`."""

    name: str
    count: int
    is_more: bool


@dataclass(frozen=True)
class Tagged:
    """What a change of many images did: the tag, the images changed, and those without room."""

    tag: str
    changed: list[UUID]
    full: int = 0


# --- reading --------------------------------------------------------------------------------------


def clean(name: str) -> str:
    """Return the name with composed letters, single spaces and without "#"; raise Refusal."""
    name = named.cleaned(name).lstrip("#").lstrip()
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
    found = _by_folded(map(clean, names))
    if len(found) > MAX_PER_IMAGE:
        raise TooManyTags
    return found


def split(text: str) -> list[str]:
    """Return the names in a text that separates them by commas or line ends."""
    return [name for name in text.replace("\n", ",").split(",") if name.strip(" \t\r#")]


def find_all(user: Any, names: Iterable[str], *, count_to: int) -> list[Any]:
    """Return the user's tags of these names, ignoring case, the least used first, in one query.

    [] if one of them does not exist. Each has `count`, its number of images, the trash included;
    counting stops at `count_to`.
    """
    try:
        wanted = cleaned(names)
    except Refusal:
        return []
    counted = _members(count_to)
    rows = Tag.objects.of(user).filter(folded_name__in=list(wanted)).annotate(count=counted)
    found: list[Any] = list(rows)
    found.sort(key=lambda tag: (tag.count, tag.pk))
    return found if len(found) == len(wanted) else []


def find(user: Any, name: str) -> Tag | None:
    """Return the user's tag of this name, ignoring case; None if there is none."""
    try:
        folded = named.folded(clean(name))
    except Refusal:
        return None
    return Tag.objects.of(user).filter(folded_name=folded).first()


def own(user: Any) -> list[OwnTag]:
    """Return the user's tags by name with their numbers of images outside the trash.

    At most two queries. Tags of images in the trash alone are left out. Counting stops at
    MAX_COUNTED.
    """
    counted = _members(MAX_COUNTED + 1)
    found: list[Any] = list(Tag.objects.of(user).by_name().annotate(count=counted))
    in_trash = _in_trash(user) if found else {}
    rows = [_own_tag(tag, in_trash=in_trash.get(tag.pk, 0)) for tag in found]
    return [row for row in rows if row.count]


def names_of(user: Any) -> list[str]:
    """Return the names of the user's tags in order, in one query."""
    return list(Tag.objects.of(user).by_name().values_list("name", flat=True))


def of_these(*, user: Any, ids: Sequence[UUID]) -> dict[str, int]:
    """Return the tags of the user's untrashed images among `ids`: name → number of these images."""
    members = ImageTag.objects.filter(
        image__in=ids, image__user=user, image__trashed_at__isnull=True, tag__user=user
    )
    counted = members.values_list("tag__name").annotate(count=Count("pk"))
    return dict(counted.order_by("tag__folded_name"))


def _members(count_to: int) -> Counted:
    """Return the number of images of a tag in a query of tags."""
    members = ImageTag.objects.filter(tag=OuterRef("pk")).order_by("image_id")
    return Counted(members.values("image_id")[:count_to])


def _in_trash(user: Any) -> Mapping[int, int]:
    trashed = ImageTag.objects.filter(
        image__user=user, image__trashed_at__isnull=False, tag__user=user
    )
    return dict(trashed.order_by().values_list("tag").annotate(count=Count("pk")))


def _own_tag(tag: Any, *, in_trash: int) -> OwnTag:
    is_more = tag.count > MAX_COUNTED
    return OwnTag(tag.name, MAX_COUNTED if is_more else tag.count - in_trash, is_more)


def _bad(code: str, detail: str) -> Refusal:
    return Refusal(errors=[FieldError("tags", code, detail)])


def _by_folded(names: Iterable[str]) -> Names:
    found: Names = {}
    for name in names:
        found.setdefault(named.folded(name), name)
    return found


# --- writing --------------------------------------------------------------------------------------


def replace(image: Image, *, names: Sequence[str]) -> Image:
    """Give the image these tags and no others; raise Refusal."""
    wanted = cleaned(names)
    return _change_one(image, lambda _now: wanted)


def add(image: Image, *, names: Sequence[str]) -> tuple[Image, list[str]]:
    """Add tags to the image; return it and the names of those that are new to it.

    All or none: raises Refusal.
    """
    wanted = _by_folded(map(clean, names))
    new: list[str] = []

    def with_wanted(now: Names) -> Names:
        new.extend(folded for folded in wanted if folded not in now)
        if len(now) + len(new) > MAX_PER_IMAGE:
            raise TooManyTags
        return {**now, **{key: wanted[key] for key in new}}

    changed = _change_one(image, with_wanted)
    names_now = _by_folded(tag_names(changed))
    return changed, [names_now[folded] for folded in new]


def remove(image: Image, *, names: Sequence[str]) -> tuple[Image, list[str]]:
    """Remove tags from the image; return it and the names of those that it had."""
    unwanted = _by_folded(map(clean, names))
    before: list[str] = []

    def without(now: Names) -> Names:
        before.extend(name for folded, name in now.items() if folded in unwanted)
        return {folded: name for folded, name in now.items() if folded not in unwanted}

    return _change_one(image, without), before


def add_these(*, user: User, ids: Sequence[UUID], name: str) -> Tagged:
    """Add a tag to the user's untrashed images among `ids`, except to those without room.

    Raises Refusal.
    """
    folded = named.folded(name := clean(name))
    full = 0

    def with_tag(now: Names) -> Names:
        nonlocal full
        if folded in now:
            return now
        if len(now) >= MAX_PER_IMAGE:
            full += 1
            return now
        return {**now, folded: name}

    images = Image.objects.of(user).kept().filter(id__in=ids)
    changed = _change(user, images, with_tag)
    tag = find(user, name)
    return Tagged(tag.name if tag else name, [image.id for image in changed], full)


def remove_these(*, user: User, ids: Sequence[UUID], name: str) -> Tagged:
    """Remove a tag from the user's untrashed images among `ids`; raise Refusal."""
    folded = named.folded(name := clean(name))
    tag = find(user, name)

    def without_tag(now: Names) -> Names:
        return {one: text for one, text in now.items() if one != folded}

    images = Image.objects.of(user).kept().filter(id__in=ids)
    changed = _change(user, images, without_tag)
    return Tagged(tag.name if tag else name, [image.id for image in changed])


def forget_unused() -> int:
    """Delete the tags that no image has, such as those of purged images; return how many."""
    unused = Tag.objects.filter(~Exists(ImageTag.objects.filter(tag=OuterRef("pk"))))
    count = 0
    for user_id in list(unused.order_by("user").values_list("user", flat=True).distinct()):
        with transaction.atomic():
            _lock(user_id)
            count += unused.filter(user=user_id).delete()[0]
    return count


def _change_one(image: Image, change: Callable[[Names], Names]) -> Image:
    for changed in _change(image.user_id, Image.objects.filter(id=image.id), change):
        image.tags = changed.tags
        break
    else:
        image.tags = Image.objects.values_list("tags", flat=True).get(id=image.id)
    return image


def _change(user: Any, images: ImageQuerySet, change: Callable[[Names], Names]) -> list[Image]:
    """Apply `change` to the tags of each of the user's images; return the changed images."""
    user_id = getattr(user, "pk", user)
    rate_limits.spend("tags", user_id)
    with transaction.atomic():
        _lock(user_id)
        rows = images.select_for_update(no_key=True).only("id", "user_id", "tags")
        before = {image: _by_folded(tag_names(image)) for image in rows.order_by("id")}
        after = {image: change(now) for image, now in before.items()}
        changed = [image for image in before if before[image].keys() != after[image].keys()]
        gone = {(key, one.id) for one in changed for key in before[one].keys() - after[one].keys()}
        new = {(key, one.id) for one in changed for key in after[one].keys() - before[one].keys()}
        _delete_members(user_id, gone)
        wanted = {key: after[one][key] for one in changed for key in after[one]}
        spellings = _insert_members(user_id, new, wanted) if new else {}
        for one in changed:
            one.tags = "\n".join(before[one].get(key) or spellings[key].name for key in after[one])
        Image.objects.bulk_update(changed, ["tags"], batch_size=BATCH_SIZE)
    return changed


def _lock(user_id: Any) -> None:
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user_id)


def _delete_members(user_id: Any, gone: set[tuple[str, UUID]]) -> None:
    """Remove these tags from these images, and the tags that no image has then."""
    by_tag: dict[str, list[UUID]] = {}
    for folded, image_id in gone:
        by_tag.setdefault(folded, []).append(image_id)
    if not by_tag:
        return
    for folded, image_ids in by_tag.items():
        for some in batched(image_ids, BATCH_SIZE):
            ImageTag.objects.filter(
                tag__user=user_id, tag__folded_name=folded, image_id__in=some
            ).delete()
    members = ImageTag.objects.filter(tag=OuterRef("pk"))
    Tag.objects.of(user_id).filter(~Exists(members), folded_name__in=list(by_tag)).delete()


def _insert_members(
    user_id: Any, new: set[tuple[str, UUID]], names: Mapping[str, str]
) -> Mapping[str, Tag]:
    """Give these tags to these images; return the tags, made where they are new, by folded name."""
    wanted = {folded for folded, _image_id in new}
    tags = {tag.folded_name: tag for tag in Tag.objects.of(user_id).filter(folded_name__in=wanted)}
    missing = [folded for folded in names if folded in wanted and folded not in tags]
    if missing:
        if Tag.objects.of(user_id).count() + len(missing) > MAX_TAGS:
            raise TooManyOwnTags
        made = [Tag(user_id=user_id, name=names[key], folded_name=key) for key in missing]
        tags |= {tag.folded_name: tag for tag in Tag.objects.bulk_create(made)}
    ImageTag.objects.bulk_create(
        [ImageTag(tag=tags[folded], image_id=image_id) for folded, image_id in sorted(new)],
        batch_size=BATCH_SIZE,
    )
    return tags
