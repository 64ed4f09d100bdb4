"""The prompt helper in the composer, the editor and at images: prices and languages."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from generation.catalog import languages
from generation.models import ImageModel
from generation.studio.prompt_helper import credit_charges, helper_client
from generation.studio.prompt_helper.instructions import ProposalKind

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
    if not helper_client.is_on():
        return None
    codes = languages.known(model.offer.languages)
    return Helper(
        translate_price=credit_charges.price_of(ProposalKind.TRANSLATE),
        enhance_price=credit_charges.price_of(ProposalKind.ENHANCE),
        codes=" ".join(codes),
        languages=languages.listed(codes),
        text_model=_text_model(),
        automatic=user.prompt_help,
    )


def describe_price() -> int | None:
    """Return the credits of a prompt that describes an image, None if no model sees images."""
    return credit_charges.price_of(ProposalKind.DESCRIBE) if helper_client.can_see() else None


def _text_model() -> str:
    name: str = settings.PROMPT_HELPER_MODEL
    return _("a dictionary, not a model") if name == STAND_IN else name
