"""The context of the composer's templates: models, styles, sources, price."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.limits import period_limits, quotas
from accounts.models import User
from artgen.database.ids import parse_uuid
from artgen.observability import request_stats
from artgen.refusals import Refusal
from artgen.web import formatting
from generation.catalog import languages
from generation.catalog.edit_sizes import size_like
from generation.catalog.offers import InvalidParameters
from generation.files import storage
from generation.jobs import eta
from generation.jobs.budgets import spending
from generation.jobs.eta import Eta, Forecast
from generation.jobs.inputs import sources
from generation.jobs.placing import creation_switch, idempotency, quotes
from generation.jobs.placing.quotes import Quote
from generation.jobs.queue.model_queues import UserLimit
from generation.models import Image, ImageModel, Job, Upload
from generation.runpod.payloads import dialect_of
from generation.studio.forms.comparison import ComparisonForm
from generation.studio.forms.composer import Composer
from generation.studio.presets import choices
from generation.studio.presets.choices import Choices
from generation.studio.prompt_helper import charges, clients
from generation.studio.prompt_helper.instructions import Kind

BUSY_SECONDS = 60  # additional wait time from which a model is shown as busy


@dataclass(frozen=True)
class ModelOption:
    model: ImageModel
    price: int
    speed: Eta
    line_seconds: int  # additional wait time because of queued jobs
    is_blocked: bool  # RunPod rejects the key or has no such endpoint
    thumbnail: str
    chosen: bool
    is_allowed: bool  # by the user's quotas
    is_favorite: bool

    @property
    def is_busy(self) -> bool:
        """Whether the additional wait time is shown."""
        return self.line_seconds >= BUSY_SECONDS


@dataclass(frozen=True)
class StyleOption:
    """A built-in or own style in the list."""

    slug: str
    name: str
    thumbnail: str
    is_own: bool


@dataclass(frozen=True)
class SourceThumbnail:
    """A source image in the composer."""

    id: str
    url: str


def composing(
    user: User, *, models: list[ImageModel], composer: Composer | None, forecast: Forecast
) -> dict[str, Any]:
    """Return the context of `_composer.html`; composer None: no model is enabled."""
    own = choices.of_user(user)
    models = [model for model in models if model.is_composable]
    models.sort(key=lambda model: model.pk not in own.favorite_models)
    allowed = (composer and composer.quotas) or quotas.of(user)
    offer = offer_of(user, composer, forecast=forecast)
    limit = eta.limit_of_order(user, forecast=forecast, allowed=allowed)
    return {
        "composer": composer,
        "models": [
            model_option(
                user,
                model,
                forecast=forecast,
                chosen=composer is not None and model == composer.model,
                is_allowed=allowed.allows_model(model.slug),
                limit=limit,
                is_favorite=model.pk in own.favorite_models,
            )
            for model in models
        ],
        "styles": style_options(own),
        "presets": own.presets,
        "sources": source_thumbnails(user, composer.sources)
        if composer and composer.takes_sources
        else [],
        "sources_note": sources_note(user, composer),
        "source_model": next((model for model in models if model.max_source_images), None),
        "offer": offer,
        "not_allowed": not_allowed(user, composer, offer),
        "helper": helper_of(user, composer.model) if composer else None,
        **switch_of(user),
        "key": uuid.uuid4(),
    }


def explained(
    form: Composer | ComparisonForm, refusal: Refusal, show: Callable[[int], HttpResponse]
) -> HttpResponse:
    """Return the form with the refusal in it, as `show(status)` renders it."""
    if isinstance(refusal, idempotency.KeyRefused):
        # The form was sent again after the browser's Back button: a new request now.
        text = _("This form was already sent. Select Create again to send it once more.")
        form.errors["form"] = [text]
        return show(409)
    form.explain(refusal)
    response = show(refusal.status)
    request_stats.mark(response, refusal)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response


def ready_words() -> dict[str, Any]:
    """Return the words of scripts that follow several images."""
    ready = formatting.plural_forms(
        lambda n: ngettext("%(count)s image ready", "%(count)s images ready", n)
    )
    return {"ready": ready}


def style_options(own: Choices) -> list[StyleOption]:
    """Return the styles that a user can choose."""
    return [
        StyleOption(
            style.slug,
            style.name,
            "" if style.is_own else sample("styles", style.slug),
            is_own=style.is_own,
        )
        for style in own.styles
    ]


def not_allowed(user: User, form: Composer | None, offer: Quote | None) -> str:
    """Return why the user's quotas do not allow this form, "" if they do.

    `form` has the quotas. Too few credits are reported separately.
    """
    if form is None or offer is None or form.quotas is None:
        return ""
    if text := form.not_allowed:
        return text
    reached = period_limits.refusal(user, form.quotas, jobs=form.count, credits=offer.credits)
    return reached.message if reached else ""


def model_option(
    user: User,
    model: ImageModel,
    *,
    forecast: Forecast,
    chosen: bool,
    is_allowed: bool,
    is_favorite: bool,
    limit: UserLimit | None,
) -> ModelOption:
    """Return the entry of a model in a list, with its price and wait time for this user."""
    form = Composer(model=model)
    first = form.size or (1024, 1024)
    size = eta.size_of(*first, form.steps)
    speed = forecast.without_line(model, size=size)
    now = forecast.of_order(model, user_id=user.pk, size=size, limit=limit)
    return ModelOption(
        model=model,
        price=form.offer.price_of({"width": first[0], "height": first[1]}),
        speed=speed,
        line_seconds=now.p50 - speed.p50 if now else 0,
        is_blocked=forecast.queues[model.pk].blocked,
        thumbnail=sample("models", model.slug),
        chosen=chosen,
        is_allowed=is_allowed,
        is_favorite=is_favorite,
    )


def offer_of(user: User, form: Composer | None, *, forecast: Forecast) -> Quote | None:
    """Return the quote of a form that may be incomplete, None without a form."""
    if form is None:
        return None
    width, height = form.size or _size_of_source(user, form) or (1024, 1024)
    credits = form.offer.price_of({"width": width, "height": height})
    usd = spending.expected(form.model, pixels=width * height, credits=credits)
    jobs = [
        Job(
            user=user,
            model=form.model,
            width=width,
            height=height,
            steps=form.steps,
            credits=credits,
            expected_usd=usd,
        )
        for _number in range(form.count)
    ]
    return quotes.quote(user=user, jobs=jobs, forecast=forecast, allowed=form.quotas)


def sources_note(user: User, form: Composer | None) -> str:
    """Return a note on how the source images are sent, "" for none."""
    if form is None or not form.takes_sources or not form.sources:
        return ""
    model, beside = form.model, {"prompt": form.prompt, "workflow": form.model.workflow}
    try:
        known = sources.check(user=user, ids=form.sources)
    except InvalidParameters:
        return ""  # reported when the form is sent
    try:
        is_reduced = sources.must_be_reduced(
            known, dialect=dialect_of(model.dialect, model.request_format), beside=beside
        )
    except InvalidParameters as refused:
        return refused.errors[0].detail
    return _("Source images will be reduced to fit in the 10 MB request.") if is_reduced else ""


def _size_of_source(user: User, form: Composer) -> tuple[int, int] | None:
    """Return the size derived from the first source image, None if not applicable."""
    if not form.offer.sized_by_source or not form.sources:
        return None
    try:
        first = sources.check(user=user, ids=form.sources[:1])[0]
    except InvalidParameters:
        return None
    return size_like(width=first.width, height=first.height)


def source_thumbnails(user: User, ids: list[str]) -> list[SourceThumbnail]:
    """Return the user's images and uploads among the ids, in that order."""
    wanted = [found for one in ids if (found := parse_uuid(one))]
    keys: dict[UUID, str] = dict(
        Upload.objects.of(user).usable().filter(id__in=wanted).values_list("id", "key")
    )
    keys |= dict(
        Image.objects.of(user).present().filter(id__in=wanted).values_list("id", "thumbnail_key")
    )
    return [
        SourceThumbnail(id=str(one), url=storage.url(keys[one])) for one in wanted if one in keys
    ]


def switch_of(user: User) -> dict[str, Any]:
    """Return `switch`, the creation switch unless it is on, and `is_paused`: it stops this user."""
    switch = creation_switch.paused()
    return {"switch": switch, "is_paused": creation_switch.stops(switch, is_staff=user.is_staff)}


@lru_cache(maxsize=500)
def sample(kind: str, slug: str) -> str:
    """Return the URL of the sample image of a model or style, "" if there is none."""
    path = f"generation/{kind}/{slug}.webp"
    return static(path) if finders.find(path) else ""


STAND_IN = "demo dictionary (stand-in)"
"""PROMPT_HELPER_MODEL of the demo, which has no text model."""


@dataclass(frozen=True)
class Helper:
    """Prices, the languages of the chosen model, and what the user wants to be proposed."""

    translate_price: int
    enhance_price: int
    codes: str
    """Languages of the model, separated by spaces; "" if not known."""
    languages: str
    """Their names."""
    text_model: str
    automatic: str
    """`translate` or `enhance` when Create is selected, "" for nothing."""


def helper_of(user: User, model: ImageModel) -> Helper | None:
    """Return the prompt helper of the composer, None without a text endpoint."""
    if not clients.is_on():
        return None
    codes = languages.known(model.offer.languages)
    return Helper(
        translate_price=charges.price_of(Kind.TRANSLATE),
        enhance_price=charges.price_of(Kind.ENHANCE),
        codes=" ".join(codes),
        languages=", ".join(languages.names(codes)),
        text_model=_text_model(),
        automatic=user.prompt_help,
    )


def _text_model() -> str:
    name: str = settings.PROMPT_HELPER_MODEL
    return _("a dictionary, not a model") if name == STAND_IN else name
