"""The context of the composer's templates: models, styles, sources, price."""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.limits import period_limits
from accounts.limits.quotas import Quotas
from accounts.models import User
from artgen.database.ids import parse_uuid
from artgen.refusals import Refusal
from generation.catalog import model_purposes
from generation.catalog.source_roles import EDIT
from generation.files import storage
from generation.jobs.placing import admission, page_quotes
from generation.jobs.placing.page_quotes import PageQuotes
from generation.models import Image, ImageModel, Upload
from generation.studio.forms.composer import Composer
from generation.studio.presets import composer_choices
from generation.studio.presets.composer_choices import Choices
from generation.views.create.model_list import form_order, model_options, sample, sorted_models
from generation.views.create.prompt_help import helper_of


@dataclass(frozen=True)
class StyleOption:
    slug: str
    name: str
    thumbnail: str
    is_own: bool


@dataclass(frozen=True)
class SourceThumbnail:
    id: str
    url: str
    role: str


def composer_context(
    models: Iterable[ImageModel],
    form: Composer | None,
    quotes: PageQuotes,
    *,
    draft: Composer | None,
    is_plain: bool,
) -> dict[str, Any]:
    """Return the context of `_composer.html`; form None: no model is enabled.

    `draft` has the drafts of the form. `is_plain`: with the list of models, which scripts load
    when it opens.
    """
    user = quotes.user
    own = composer_choices.of_user(user)
    models = sorted_models(models, own)
    chosen = [form.model.slug] if form else []
    options = model_options(
        [model for model in models if is_plain or model.slug in chosen],
        own=own,
        chosen=chosen,
        quotes=quotes,
    )
    shown_sources = form.sources if form and form.takes_sources else []
    return {
        "composer": form,
        "option": next((option for option in options if option.chosen), None),
        "options": options,
        "purposes": model_purposes.NAMES.items(),
        "source_models": _source_models(models, form, allowed=quotes.allowed),
        "styles": style_options(own),
        "presets": own.presets,
        "sources": source_thumbnails(user, form.sources, form.roles)
        if form and shown_sources
        else [],
        "source_model": next((model for model in models if model.max_source_images), None),
        "helper": helper_of(user, form.model) if form else None,
        "key": uuid.uuid4(),
        **button_context(form, quotes, draft=draft),
    }


def button_context(
    form: Composer | None, quotes: PageQuotes, *, draft: Composer | None
) -> dict[str, Any]:
    """Return the context of `_create_button.html`: what the form costs, and what prevents it."""
    order = quotes.with_size(form_order(form)) if form else None
    offer = quotes.of_form(order) if order else None
    return {
        "offer": offer,
        "row": quotes.of_model(order) if order else None,
        "not_allowed": _not_allowed(quotes.user, form, offer.credits) if form and offer else "",
        "sources_note": _sources_note(form, quotes.sources_note(order)) if form and order else "",
        "prompt_count": form.prompt_count if form else 1,
        "draft": draft_button(draft, quotes.user) if draft else None,
        **page_quotes.pause_of(quotes.user),
    }


def _sources_note(form: Composer, note: str) -> str:
    """Return how the source images are sent: `note`, and what the prompt says of them."""
    text = form.instructions
    added = _("Added to the prompt: “%(text)s”") % {"text": text} if text else ""
    return " ".join(filter(None, [note, added]))


@dataclass(frozen=True)
class DraftButton:
    """The button of drafts: what it makes, and what that costs."""

    form: Composer
    credits: int


def draft_button(draft: Composer, user: User) -> DraftButton | None:
    """Return the button for drafts that the user can pay and may create, else None."""
    credits = draft.price * draft.total
    is_possible = credits <= user.credits and not _not_allowed(user, draft, credits)
    return DraftButton(draft, credits) if is_possible else None


def style_options(own: Choices) -> list[StyleOption]:
    return [
        StyleOption(
            style.slug,
            style.name,
            "" if style.is_own else sample("styles", style.slug),
            is_own=style.is_own,
        )
        for style in own.styles
    ]


def source_thumbnails(
    user: User, ids: list[str], roles: Mapping[str, str]
) -> list[SourceThumbnail]:
    """Return the user's images and uploads among the ids, in that order, with their roles."""
    image_ids = [image_id for text in ids if (image_id := parse_uuid(text))]
    keys: dict[UUID, str] = dict(
        Upload.objects.of(user).usable().filter(id__in=image_ids).values_list("id", "key")
    )
    keys |= dict(
        Image.objects.of(user).present().filter(id__in=image_ids).values_list("id", "thumbnail_key")
    )
    return [
        SourceThumbnail(str(image_id), storage.url(keys[image_id]), roles.get(str(image_id), EDIT))
        for image_id in image_ids
        if image_id in keys
    ]


def _source_models(models: list[ImageModel], form: Composer | None, *, allowed: Quotas) -> str:
    """Return what the models do with source images, as `slug:room:role,role:name|…` for scripts.

    `role*` is the role with any weight: each form has this, so it is short.
    Those that cost nearly as much as the form's come first: a script offers the first that fits.
    """
    if form is None:
        return ""
    prices = {model.slug: model.offer.price_of({}) for model in models}
    price = prices.get(form.model.slug, 0)
    usable = [
        model
        for model in models
        if allowed.allows_model(model.slug) or model.slug == form.model.slug
    ]
    usable.sort(key=lambda model: abs(prices[model.slug] - price))
    return "|".join(
        f"{model.slug}:{model.max_source_images}:{_short(model.offer.source_roles)}:{model.name}"
        for model in usable
    )


def _short(roles: list[str]) -> str:
    return re.sub(r"(\w+),\1-light,\1-strong", r"\1*", ",".join(roles))


def _not_allowed(user: User, form: Composer, credits: int) -> str:
    """Return why the user's quotas do not allow this form, "" if they do.

    `form` has the quotas. Too few credits are reported separately.
    """
    if form.quotas is None:
        return ""
    if text := form.not_allowed:
        return text
    refusal = period_limits.refusal(
        user, form.quotas, jobs=form.total, credits=credits
    ) or _list_refusal(user, form)
    return refusal.message if refusal else ""


def _list_refusal(user: User, form: Composer) -> Refusal | None:
    """Return why a list of prompts does not fit into the user's queue, None if it does."""
    if form.prompt_count < 2:
        return None
    return admission.no_room(user, count=form.total, model=form.model)
