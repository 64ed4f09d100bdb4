"""Users' own styles: a text with `{prompt}`, and one that is added to the negative prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.limits import rate_limits
from accounts.models import User
from artgen.ids import parse_uuid
from artgen.refusals import FieldError, Refusal
from generation.models import Job, OwnStyle, Style
from generation.models.presets import OWN_STYLE_PREFIX, STYLE_NAME_MAX, STYLE_TEXT_MAX
from generation.presets import names

MAX_STYLES = 50
RESTORE_PERIOD = timedelta(days=1)
PLACEHOLDER = "{prompt}"


class InvalidStyle(Refusal):
    """Name or texts of an own style are invalid; nothing was changed."""


class TooManyStyles(Refusal):
    """The user has as many own styles as one user may have."""

    code = "too_many_styles"
    status = 409
    text = gettext_lazy("The limit of own styles is reached. Delete one first.")

    def __init__(self) -> None:
        super().__init__(limit=MAX_STYLES)


@dataclass(frozen=True)
class StyleText:
    """What a job needs of an own style."""

    slug: str
    name: str
    template: str
    negative: str


def find(user: User, slug: str) -> StyleText | None:
    """Return the user's own style of this slug, None if there is none."""
    style_id = _id_of(slug)
    found = OwnStyle.objects.of(user).present().filter(id=style_id).first() if style_id else None
    return _text_of(found) if found else None


def of_job(job: Job) -> StyleText | None:
    """Return the own style of a job as it was when the job was placed; None for other styles."""
    if not job.has_own_style:
        return None
    return StyleText(
        slug=job.style,
        name=job.style_name,
        template=str(job.snapshot.get("style_template") or PLACEHOLDER),
        negative=str(job.snapshot.get("style_negative") or ""),
    )


def name_of(job: Job) -> str:
    """Return the name of the job's style, "" for none."""
    return job.style_name if job.has_own_style else Style.name_of(job.style)


def slugs(user: User) -> list[str]:
    """Return the slugs of the user's own styles."""
    return [style.slug for style in OwnStyle.objects.of(user).present().only("id")]


def of_user(user: User) -> list[OwnStyle]:
    return list(OwnStyle.objects.of(user).present().in_order())


def create(*, user: User, name: str, template: str, negative: str) -> OwnStyle:
    """Return a new own style, the last one; raise InvalidStyle, TooManyStyles or TooManyTries."""
    values = _cleaned(name=name, template=template, negative=negative)
    with transaction.atomic():
        User.objects.select_for_update().only("pk").get(pk=user.pk)
        positions = list(OwnStyle.objects.of(user).present().values_list("position", flat=True))
        if len(positions) >= MAX_STYLES:
            raise TooManyStyles
        made = OwnStyle(
            user=user, position=max(positions, default=0) + 1, created_at=timezone.now(), **values
        )
        _check_free(made, values["folded_name"])
        rate_limits.spend("own_styles", user.pk)
        made.save(force_insert=True)
    return made


def change(
    style: OwnStyle,
    *,
    name: str | None = None,
    template: str | None = None,
    negative: str | None = None,
) -> OwnStyle:
    """Change name or texts; None leaves them. Jobs that were placed keep theirs.

    Raises:
        InvalidStyle, TooManyTries: nothing was changed.
    """
    values = _cleaned(
        name=style.name if name is None else name,
        template=style.template if template is None else template,
        negative=style.negative if negative is None else negative,
    )
    _check_free(style, values["folded_name"])
    rate_limits.spend("own_styles", style.user_id)
    return _updated(style, **values)


def delete(style: OwnStyle) -> OwnStyle:
    """Delete the style; `restore` works for RESTORE_PERIOD."""
    return style if style.deleted_at else _updated(style, deleted_at=timezone.now())


def restore(style: OwnStyle) -> OwnStyle:
    """Restore a deleted style; raise InvalidStyle if another has its name now."""
    if not style.deleted_at:
        return style
    if OwnStyle.objects.of(style.user_id).present().count() >= MAX_STYLES:
        raise TooManyStyles
    _check_free(style, style.folded_name)
    return _updated(style, deleted_at=None)


def copied(source: StyleText, *, user: User) -> OwnStyle:
    """Return the user's own style with these texts: one that is there, or a copy.

    Raises:
        TooManyStyles: there is no room for the copy.
    """
    same = (
        OwnStyle.objects.of(user)
        .present()
        .filter(template=source.template, negative=source.negative)
    )
    if found := same.in_order().first():
        return found
    taken = set(OwnStyle.objects.of(user).present().values_list("folded_name", flat=True))
    name = unused(source.name, taken=taken, limit=STYLE_NAME_MAX)
    return create(user=user, name=name, template=source.template, negative=source.negative)


def unused(name: str, *, taken: set[str], limit: int) -> str:
    """Return the name, with a number if another row of the user has it."""
    number, found = 1, name
    while names.folded(found) in taken:
        number += 1
        found = f"{name[: limit - len(str(number)) - 1]} {number}"
    return found


def forget_deleted(*, deleted_before: datetime) -> None:
    """Delete permanently the styles that were deleted before then."""
    OwnStyle.objects.filter(deleted_at__lt=deleted_before).delete()


def _id_of(slug: str) -> UUID | None:
    return parse_uuid(slug.removeprefix(OWN_STYLE_PREFIX)) if slug.startswith("own-") else None


def _text_of(style: OwnStyle) -> StyleText:
    return StyleText(style.slug, style.name, style.template, style.negative)


def _cleaned(*, name: str, template: str, negative: str) -> dict[str, str]:
    name, template, negative = map(names.cleaned, (name, template, negative))
    errors: Sequence[FieldError] = [
        *names.problems("name", name, limit=STYLE_NAME_MAX),
        *names.problems("template", template, limit=STYLE_TEXT_MAX),
        *names.problems("negative", negative, limit=STYLE_TEXT_MAX, is_required=False),
    ]
    if not errors and PLACEHOLDER not in template:
        detail = _("Write {prompt} where your prompt belongs.")
        errors = [FieldError("template", "no_placeholder", detail)]
    if not errors and template.count(PLACEHOLDER) > 1:
        errors = [FieldError("template", "placeholder_twice", _("Write {prompt} only once."))]
    if errors:
        raise InvalidStyle(errors=errors)
    folded_name = names.folded(name)
    return {"name": name, "folded_name": folded_name, "template": template, "negative": negative}


def _check_free(style: OwnStyle, folded_name: str) -> None:
    same = OwnStyle.objects.of(style.user_id).present().filter(folded_name=folded_name)
    if same.exclude(id=style.id).exists():
        raise _taken()


def _taken() -> InvalidStyle:
    detail = _("You have a style with this name. Choose another name.")
    return InvalidStyle(errors=[FieldError("name", "unique", detail)])


def _updated(style: OwnStyle, **fields: object) -> OwnStyle:
    try:
        with transaction.atomic():
            OwnStyle.objects.filter(id=style.id).update(**fields)
    except IntegrityError as error:  # another request has taken the name meanwhile
        raise _taken() from error
    for name, value in fields.items():
        setattr(style, name, value)
    return style
