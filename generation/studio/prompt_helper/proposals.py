"""Propose a prompt: a translation for a model, an enhancement, or a description of an image.

Each is one call of the text endpoint.
"""

import logging
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language, gettext_lazy

from accounts.limits import rate_limits
from accounts.models import User
from artgen.database import pooling
from artgen.refusals import FieldError, Refusal
from generation.catalog import languages
from generation.catalog.job_parameters import PROMPT_MAX_LENGTH
from generation.catalog.offers import InvalidParameters
from generation.catalog.request_validation import clean_text
from generation.jobs.inputs import sources
from generation.jobs.placing import creation_switch
from generation.models import ImageModel, PromptCall
from generation.providers.text_client import TextError, TextNotSetUp, TextUnavailable
from generation.studio.prompt_helper import (
    credit_charges,
    dollar_costs,
    helper_client,
    instructions,
    seen_image,
)
from generation.studio.prompt_helper.instructions import ProposalKind

log = logging.getLogger(__name__)

MAX_TOKENS = 2_000
RETRY_AFTER_SECONDS = 30
MAX_RETRY_AFTER_SECONDS = 300
DESCRIBED = "Describe this image."
IMAGE_FIELD = "image_id"


class HelperMissing(Refusal):
    code = "prompt_helper_off"
    status = 404
    text = gettext_lazy("The prompt helper isn’t set up on this site.")


class HelperAway(Refusal):
    """The text endpoint does not respond, is overloaded, or refuses the key of this site."""

    code = "unavailable"
    status = 503
    text = gettext_lazy(
        "The prompt helper isn’t responding. Your prompt is unchanged and nothing was charged. "
        "Try again in a minute."
    )


class NoProposal(Refusal):
    """The text endpoint refuses this prompt, or its reply cannot be used."""

    code = "no_proposal"
    status = 422
    text = gettext_lazy(
        "A proposal for this prompt couldn’t be generated. It is unchanged and nothing was "
        "charged. Try again, or change the prompt."
    )


class NotDescribed(NoProposal):
    """The text endpoint refuses this image, or its reply cannot be used."""

    text = gettext_lazy(
        "A prompt for this image couldn’t be generated. Nothing was charged. Try again, or choose "
        "another image."
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """Another prompt; `language` is the code of a translation or description, else ""."""

    prompt: str
    original_prompt: str
    """"" for a description."""
    language: str
    credits: int
    """What it was charged."""


def propose(
    kind: ProposalKind,
    *,
    user: User,
    prompt: str,
    model: ImageModel | None = None,
    token_id: UUID | None = None,
    max_credits: int | None = None,
) -> Proposal:
    """Return a proposal, which is charged unless it is the prompt itself.

    No database connection is held during the call. Its dollars count for budgets.

    Args:
        kind: a translation into the preferred language of `model`, by default English, or an
            enhancement in the prompt's own language.
        user: who asks and pays.
        prompt: 1 to PROMPT_MAX_LENGTH characters.
        model: the one the prompt is for.
        token_id: the API token that pays, if it has a spending limit.
        max_credits: the price that the user agreed to.

    Raises:
        InvalidParameters: the prompt is empty, too long or has control characters.
        HelperMissing, HelperBusy, HelperAway, NoProposal, GenerationOff, BudgetReached,
            TooManyTries, PriceTooHigh, TooFewCredits, TokenLimitReached, PeriodLimitReached:
            nothing was charged.
    """
    if not helper_client.is_on():
        raise HelperMissing
    prompt = _cleaned(prompt)
    language = _target(model) if kind is ProposalKind.TRANSLATE else ""
    directions = instructions.of(kind, language=language or languages.DEFAULT)

    def ask() -> str:
        return _ask(kind, directions=directions, text=prompt)

    proposal, charged = _charged(
        kind, ask, user=user, token_id=token_id, max_credits=max_credits, unchanged=prompt
    )
    return Proposal(prompt=proposal, original_prompt=prompt, language=language, credits=charged)


def describe(
    *, user: User, image_id: str, token_id: UUID | None = None, max_credits: int | None = None
) -> Proposal:
    """Return a prompt in the active language that describes an image or upload of the user.

    The endpoint gets a small copy, never an address. Otherwise as `propose`.

    Raises:
        InvalidParameters: the image is not the user's, or was deleted.
        HelperMissing: no model of this site sees images.
        BucketAway, DecoderBusy, and what `propose` raises: nothing was charged.
    """
    if not helper_client.can_see():
        raise HelperMissing
    [own] = sources.check(user=user, ids=[image_id], field=IMAGE_FIELD)
    active = get_language() or ""
    language = active if active in languages.NAMES else languages.DEFAULT
    directions = instructions.of(ProposalKind.DESCRIBE, language=language)

    def ask() -> str:
        try:
            image = seen_image.data_url(own.key)
        except FileNotFoundError as error:
            raise sources.missing(IMAGE_FIELD) from error
        return _ask(ProposalKind.DESCRIBE, directions=directions, text=DESCRIBED, image=image)

    kind = ProposalKind.DESCRIBE
    prompt, charged = _charged(kind, ask, user=user, token_id=token_id, max_credits=max_credits)
    return Proposal(prompt=prompt, original_prompt="", language=language, credits=charged)


def _charged(
    kind: ProposalKind,
    ask: Callable[[], str],
    *,
    user: User,
    token_id: UUID | None,
    max_credits: int | None,
    unchanged: str | None = None,
) -> tuple[str, int]:
    """Return the text of `ask()` and the credits charged for it, none if it is `unchanged`."""
    creation_switch.refuse_if_paused(user)
    dollar_costs.refuse_beyond_budgets(user)
    rate_limits.spend("prompt_helper", user.pk)
    with helper_client.waiting.held():
        price = credit_charges.price_of(kind)
        call = credit_charges.hold(
            user=user, kind=kind, price=price, token_id=token_id, max_credits=max_credits
        )
        try:
            pooling.give_back()
            text = ask()
        except BaseException as error:
            _release(call, user, has_reply=isinstance(error, NoProposal))
            raise
        return text, _settle(call, user, price=price, is_changed=text != unchanged)


def _release(call: PromptCall | None, user: User, *, has_reply: bool) -> None:
    """Return the credits of a call without a proposal; a reply counts for budgets."""
    with transaction.atomic():
        credit_charges.release(call)
        if has_reply:
            dollar_costs.add(user, credits=0)


def _settle(call: PromptCall | None, user: User, *, price: int, is_changed: bool) -> int:
    """Charge for a proposal unless it is the prompt itself; return the credits charged."""
    with transaction.atomic():
        if is_changed:
            is_charged = credit_charges.settle(call)
        else:
            credit_charges.release(call, reason=credit_charges.UNCHANGED)
            is_charged = False
        charged = price if is_charged else 0
        dollar_costs.add(user, credits=charged)
    return charged


def _cleaned(prompt: str) -> str:
    """Return the prompt as a job would store it. Raises InvalidParameters."""
    text, error = clean_text(prompt, max_length=PROMPT_MAX_LENGTH, required=True)
    if error:
        raise InvalidParameters([FieldError("prompt", *error)])
    return text


def _target(model: ImageModel | None) -> str:
    known = languages.known(model.offer.languages) if model else []
    return known[0] if known else languages.DEFAULT


def _ask(kind: ProposalKind, *, directions: str, text: str, image: str = "") -> str:
    """Return the text of the endpoint. Raises HelperAway or NoProposal."""
    no_proposal = NotDescribed if kind is ProposalKind.DESCRIBE else NoProposal
    started = time.monotonic()
    try:
        reply = helper_client.client(sees=bool(image)).reply(
            instructions=directions, text=text, image=image, max_tokens=MAX_TOKENS
        )
    except TextError as error:
        level = logging.ERROR if isinstance(error, TextNotSetUp) else logging.WARNING
        seconds = round(time.monotonic() - started, 1)
        fields: dict[str, Any] = {"kind": kind.value, "error": str(error), "seconds": seconds}
        if isinstance(error, TextUnavailable | TextNotSetUp):
            fields["detail"] = error.detail  # of other replies, it may quote the prompt
            log.log(level, "the text endpoint failed", extra=fields)
            raise HelperAway(retry_after=_pause(error.retry_after)) from error
        log.log(level, "the text endpoint has no proposal", extra=fields)
        raise no_proposal from error
    proposal = unicodedata.normalize("NFC", reply)
    if len(proposal) > PROMPT_MAX_LENGTH:
        log.warning("the proposal is too long", extra={"kind": kind.value, "length": len(proposal)})
        raise no_proposal
    return proposal


def _pause(seconds: float | None) -> int:
    """Return the seconds after which to try again, as the endpoint asks, within limits."""
    if seconds is None:
        return RETRY_AFTER_SECONDS
    return int(min(max(seconds, 1), MAX_RETRY_AFTER_SECONDS))
