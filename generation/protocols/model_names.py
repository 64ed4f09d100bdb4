"""The names of models that programs send: slugs, and aliases of the setting MODEL_ALIASES."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from django.conf import settings
from django.utils.translation import gettext_lazy

from accounts.limits import quotas
from accounts.models import User
from artgen.refusals import Refusal
from generation.catalog.offers import Offer
from generation.catalog.source_roles import EDIT
from generation.models import model_cache
from generation.models.model_cache import Catalog

KNOWN_NAMES = (
    *("gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2", "chatgpt-image-latest"),
    *("dall-e-2", "dall-e-3"),
)
"""Names that programs send or show alone; those that an alias matches are listed."""


class ModelNotFound(Refusal):
    """No model of this name is offered."""

    code = "model_not_found"
    status = 404
    text = gettext_lazy("Model “%(name)s” not found. Models: %(models)s.")

    def __init__(self, name: str, *, names: list[str]) -> None:
        super().__init__()
        self.name, self.names = name, names

    @property
    def message(self) -> str:
        name = self.name[:100].encode("utf-8", "replace").decode()  # it may be no Unicode
        return str(self.text) % {"name": name, "models": ", ".join(self.names)}


@dataclass(frozen=True)
class Wanted:
    """What a model must be able to do."""

    source_images: int = 0
    has_mask: bool = False
    source_roles: Collection[str] = ()

    def is_done_by(self, offer: Offer) -> bool:
        return (
            offer.min_source_images <= self.source_images <= offer.max_source_images
            and (offer.takes_mask if self.has_mask else not offer.needs_mask)
            and not offer.upscales
            and set(self.source_roles or [EDIT] * self.source_images) <= set(offer.source_roles)
        )

    def nearness_of(self, offer: Offer) -> tuple[bool, int]:
        """Return how much of it the model can do; what it refuses names the largest limit."""
        return offer.takes_mask >= self.has_mask, min(offer.max_source_images, self.source_images)


def allowed(catalog: Catalog, user: User) -> Catalog:
    """Return the catalog with the models that the account may order; one query."""
    own = quotas.of(user)
    models = {pk: model for pk, model in catalog.by_id.items() if own.allows_model(model.slug)}
    return replace(catalog, by_id=models)


def offer_of(name: str, *, user: User, wanted: Wanted, chosen: str = "") -> Offer:
    """Return the model of this name, of an alias the first that can do what is wanted.

    Without a name, the chosen one if it can, else the first of all that can. An alias, or no name,
    means models that the user may order. Raises ModelNotFound.
    """
    try:
        catalog = model_cache.for_order()
        return _offer_of(name, catalog, user=user, wanted=wanted, chosen=chosen)
    except ModelNotFound:  # it may be a new one
        return _offer_of(name, model_cache.read(), user=user, wanted=wanted, chosen=chosen)


def _offer_of(name: str, catalog: Catalog, *, user: User, wanted: Wanted, chosen: str) -> Offer:
    if name in catalog.offers:
        return catalog.offers[name]
    catalog = allowed(catalog, user)
    if name:
        offers = [catalog.offers[slug] for slug in _slugs_of(name) if slug in catalog.offers]
    else:
        offers = preferred(catalog, wanted=wanted)
        offers.sort(key=lambda offer: offer.slug != chosen)
    if not offers:
        raise ModelNotFound(name, names=list(listed(catalog)))
    able = next((offer for offer in offers if wanted.is_done_by(offer)), None)
    return able or max(offers, key=wanted.nearness_of)


def listed(catalog: Catalog) -> Iterator[str]:
    """Yield the slugs of the models that draw or edit, then the aliases."""
    for offer in drawing(catalog):
        yield offer.slug
    plain = [name for name in settings.MODEL_ALIASES if "*" not in name]
    for name in dict.fromkeys([*KNOWN_NAMES, *plain]):
        if any(slug in catalog.offers for slug in _slugs_of(name)) and name not in catalog.offers:
            yield name


def drawing(catalog: Catalog) -> list[Offer]:
    """Return the enabled models, as the catalog sorts them, without those that only enlarge."""
    models = sorted(catalog.models.values(), key=lambda model: (model.position, model.slug))
    offers = [catalog.offers[model.slug] for model in models]
    return [offer for offer in offers if not offer.upscales]


def preferred(catalog: Catalog, *, wanted: Wanted) -> list[Offer]:
    """Return all, for an edit those first that only edit: others would draw the image again."""
    is_edit = bool(wanted.source_images)
    return sorted(drawing(catalog), key=lambda offer: is_edit and not offer.min_source_images)


def _slugs_of(name: str) -> list[str]:
    """Return the slugs of the first alias that matches."""
    for pattern, slugs in settings.MODEL_ALIASES.items():
        if fnmatchcase(name, pattern):
            return list(slugs)
    return []
