"""Users' own styles: a text with `{prompt}`, and one that is added to the negative prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from artgen.database.ids import parse_uuid
from artgen.refusals import FieldError, Refusal
from generation.models import Job, OwnStyle, Style
from generation.models.presets import OWN_STYLE_PREFIX, STYLE_NAME_MAX, STYLE_TEXT_MAX
from generation.owned_rows import named_rows, names

PLACEHOLDER = "{prompt}"


@dataclass(frozen=True)
class StyleText:
    """What a job needs of an own style."""

    slug: str
    name: str
    template: str
    negative: str


def find(user: User, slug: str) -> StyleText | None:
    style_id = _id_of(slug)
    style = OwnStyle.objects.of(user).present().filter(id=style_id).first() if style_id else None
    return _text_of(style) if style else None


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
    return [style.slug for style in OwnStyle.objects.of(user).present().only("id")]


def of_user(user: User) -> list[OwnStyle]:
    return list(OwnStyle.objects.of(user).present().in_order())


def create(*, user: User, name: str, template: str, negative: str) -> OwnStyle:
    """Return a new own style, the last one; raise Refusal."""
    values = _cleaned(name=name, template=template, negative=negative)
    return named_rows.create(OwnStyle(user=user, **values))


def change(style: OwnStyle, *, name: str, template: str, negative: str) -> OwnStyle:
    """Change name and texts; jobs keep theirs. Raise Refusal."""
    return named_rows.change(style, **_cleaned(name=name, template=template, negative=negative))


def find_or_copy(source: StyleText, *, user: User) -> OwnStyle:
    """Return the user's own style with these texts: one that is there, or a copy.

    Raises:
        TooMany: there is no room for the copy.
    """
    same = (
        OwnStyle.objects.of(user)
        .present()
        .filter(template=source.template, negative=source.negative)
    )
    if style := same.in_order().first():
        return style
    taken = set(OwnStyle.objects.of(user).present().values_list("folded_name", flat=True))
    name = names.unused(source.name, taken=taken, limit=STYLE_NAME_MAX)
    return create(user=user, name=name, template=source.template, negative=source.negative)


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
        raise Refusal(errors=errors)
    return {"name": name, "template": template, "negative": negative}
