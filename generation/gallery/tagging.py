"""Change the tags of images: replace, add and remove them, for one image or many.

A user's tags are changed by one request at a time, under a lock of the user's row. So limits hold
exactly, two spellings of a tag stay one, and a tag that no image has can be deleted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.limits import rate_limits
from accounts.models import User
from artgen.refusals import Refusal
from artgen.web import formatting
from generation.gallery.tags import (
    MAX_PER_IMAGE,
    Names,
    TooManyTags,
    by_folded,
    clean,
    cleaned,
    find,
)
from generation.models import Image, ImageQuerySet, ImageTag, Tag, tag_names
from generation.owned_rows.names import folded

MAX_TAGS = 500
"""Different tags of one user."""
BATCH_SIZE = 500  # rows in one statement


class TooManyOwnTags(Refusal):
    code = "too_many_tags"
    status = 409

    def __init__(self) -> None:
        text = _(
            "The limit of %(limit)s different tags is reached. Use one that you have, or remove a "
            "tag from all its images."
        )
        super().__init__(text % {"limit": formatting.number(MAX_TAGS)}, limit=MAX_TAGS)


@dataclass(frozen=True)
class Tagged:
    """What a change of many images did: the tag, the images changed, and those without room."""

    tag: str
    changed: list[UUID]
    full: int = 0


def replace(image: Image, *, names: Sequence[str]) -> Image:
    """Give the image these tags and no others; raise Refusal."""
    wanted = cleaned(names)
    return _change_one(image, lambda _now: wanted)


def add(image: Image, *, names: Sequence[str]) -> tuple[Image, list[str]]:
    """Add tags to the image; return it and the names of those that are new to it.

    All or none: raises Refusal.
    """
    wanted = by_folded(map(clean, names))
    new: list[str] = []

    def with_wanted(now: Names) -> Names:
        new.extend(key for key in wanted if key not in now)
        if len(now) + len(new) > MAX_PER_IMAGE:
            raise TooManyTags
        return {**now, **{key: wanted[key] for key in new}}

    changed = _change_one(image, with_wanted)
    names_now = by_folded(tag_names(changed))
    return changed, [names_now[key] for key in new]


def remove(image: Image, *, names: Sequence[str]) -> tuple[Image, list[str]]:
    """Remove tags from the image; return it and the names of those that it had."""
    unwanted = by_folded(map(clean, names))
    before: list[str] = []

    def without(now: Names) -> Names:
        before.extend(name for key, name in now.items() if key in unwanted)
        return {key: name for key, name in now.items() if key not in unwanted}

    return _change_one(image, without), before


def add_these(*, user: User, ids: Sequence[UUID], name: str) -> Tagged:
    """Add a tag to the user's untrashed images among `ids`, except to those without room.

    Raises Refusal.
    """
    folded_name = folded(name := clean(name))
    full = 0

    def with_tag(now: Names) -> Names:
        nonlocal full
        if folded_name in now:
            return now
        if len(now) >= MAX_PER_IMAGE:
            full += 1
            return now
        return {**now, folded_name: name}

    images = Image.objects.of(user).kept().filter(id__in=ids)
    changed = _change(user.pk, images, with_tag)
    tag = find(user, name)
    return Tagged(tag.name if tag else name, [image.id for image in changed], full)


def remove_these(*, user: User, ids: Sequence[UUID], name: str) -> Tagged:
    """Remove a tag from the user's untrashed images among `ids`; raise Refusal."""
    folded_name = folded(name := clean(name))
    tag = find(user, name)

    def without_tag(now: Names) -> Names:
        return {key: text for key, text in now.items() if key != folded_name}

    images = Image.objects.of(user).kept().filter(id__in=ids)
    changed = _change(user.pk, images, without_tag)
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


def _change(user_id: UUID, images: ImageQuerySet, change: Callable[[Names], Names]) -> list[Image]:
    """Apply `change` to the tags of each of the user's images; return the changed images."""
    rate_limits.spend("tags", user_id)
    with transaction.atomic():
        _lock(user_id)
        rows = images.select_for_update(no_key=True).only("id", "user_id", "tags")
        before = {image: by_folded(tag_names(image)) for image in rows.order_by("id")}
        after = {image: change(now) for image, now in before.items()}
        changed = [image for image in before if before[image].keys() != after[image].keys()]
        gone = {
            (key, image.id)
            for image in changed
            for key in before[image].keys() - after[image].keys()
        }
        new = {
            (key, image.id)
            for image in changed
            for key in after[image].keys() - before[image].keys()
        }
        _delete_members(user_id, gone)
        wanted = {key: after[image][key] for image in changed for key in after[image]}
        spellings = _insert_members(user_id, new, wanted) if new else {}
        for image in changed:
            image.tags = "\n".join(
                before[image].get(key) or spellings[key].name for key in after[image]
            )
        Image.objects.bulk_update(changed, ["tags"], batch_size=BATCH_SIZE)
    return changed


def _lock(user_id: UUID) -> None:
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user_id)


def _delete_members(user_id: UUID, gone: set[tuple[str, UUID]]) -> None:
    """Remove these tags from these images, and the tags that no image has then."""
    by_tag: dict[str, list[UUID]] = {}
    for key, image_id in gone:
        by_tag.setdefault(key, []).append(image_id)
    if not by_tag:
        return
    for key, image_ids in by_tag.items():
        for batch in batched(image_ids, BATCH_SIZE):
            ImageTag.objects.filter(
                tag__user=user_id, tag__folded_name=key, image_id__in=batch
            ).delete()
    members = ImageTag.objects.filter(tag=OuterRef("pk"))
    Tag.objects.of(user_id).filter(~Exists(members), folded_name__in=list(by_tag)).delete()


def _insert_members(
    user_id: UUID, new: set[tuple[str, UUID]], names: Mapping[str, str]
) -> Mapping[str, Tag]:
    """Give these tags to these images; return the tags, made where they are new, by folded name."""
    wanted = {key for key, _image_id in new}
    tags = {tag.folded_name: tag for tag in Tag.objects.of(user_id).filter(folded_name__in=wanted)}
    missing = [key for key in names if key in wanted and key not in tags]
    if missing:
        if Tag.objects.of(user_id).count() + len(missing) > MAX_TAGS:
            raise TooManyOwnTags
        made = [Tag(user_id=user_id, name=names[key], folded_name=key) for key in missing]
        tags |= {tag.folded_name: tag for tag in Tag.objects.bulk_create(made)}
    ImageTag.objects.bulk_create(
        [ImageTag(tag=tags[key], image_id=image_id) for key, image_id in sorted(new)],
        batch_size=BATCH_SIZE,
    )
    return tags
