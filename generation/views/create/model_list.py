"""The list of models in the composer and the comparison form, with prices and waiting times."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.contrib.staticfiles import finders
from django.templatetags.static import static

from generation.jobs.placing.job_order import LIST_MAX
from generation.jobs.placing.page_quotes import FormOrder, ModelQuote, PageQuotes
from generation.models import ImageModel
from generation.studio.forms.composer import Composer
from generation.studio.presets.composer_choices import Choices

BUSY_SECONDS = 60  # additional wait time from which a model is shown as busy


@lru_cache(maxsize=500)
def sample(kind: str, slug: str) -> str:
    """Return the URL of the sample image of a model or style, "" if there is none."""
    path = f"generation/{kind}/{slug}.webp"
    return static(path) if finders.find(path) else ""


@dataclass(frozen=True)
class ModelOption:
    model: ImageModel
    quote: ModelQuote
    chosen: bool
    is_allowed: bool  # by the user's quotas
    is_favorite: bool

    @property
    def thumbnail(self) -> str:
        return sample("models", self.model.slug)

    @property
    def is_busy(self) -> bool:
        return self.quote.line_seconds >= BUSY_SECONDS


def sorted_models(models: Iterable[ImageModel], own: Choices) -> list[ImageModel]:
    """Return the models that forms offer, the user's favorites first."""
    composable = [model for model in models if model.is_composable]
    return sorted(composable, key=lambda model: model.pk not in own.favorite_models)


def model_options(
    models: Iterable[ImageModel], *, own: Choices, chosen: Collection[str], quotes: PageQuotes
) -> list[ModelOption]:
    """Return an entry for each model; `chosen` are slugs."""
    return [
        ModelOption(
            model=model,
            quote=quotes.of_model(form_order(Composer(model=model))),
            chosen=model.slug in chosen,
            is_allowed=quotes.allowed.allows_model(model.slug),
            is_favorite=model.pk in own.favorite_models,
        )
        for model in models
    ]


def form_order(form: Composer) -> FormOrder:
    return FormOrder(
        form.model,
        form.offer,
        count=min(form.total, LIST_MAX),
        size=form.size,
        steps=form.steps,
        source_images=form.sources if form.takes_sources else [],
        prompt=form.prompt,
        background=form.in_background,
    )
