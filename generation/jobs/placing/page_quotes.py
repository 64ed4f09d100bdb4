"""What a page shows before anything is placed: prices, waiting times, notes, and a pause."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from accounts.limits.quotas import Quotas
from accounts.models import User
from generation.catalog.edit_sizes import size_like
from generation.catalog.offers import USUAL_SIZE, InvalidParameters, Offer
from generation.jobs import eta
from generation.jobs.eta import Eta, Forecast, OrderWait
from generation.jobs.inputs.request_images import OrderImages, RequestImages
from generation.jobs.placing import creation_switch, drafts, quotes
from generation.jobs.placing.quotes import Quote
from generation.models import GenerationSwitch, ImageModel, Job


@dataclass(frozen=True)
class FormOrder:
    """What a form asks for so far. It may be incomplete, and its images may be gone."""

    model: ImageModel
    offer: Offer
    """The model as plain data."""
    count: int = 1
    size: tuple[int, int] | None = None
    """None if it follows the source image, or is not a number."""
    steps: int | None = None
    source_images: Sequence[str] = ()
    prompt: str = ""
    background: bool = False


@dataclass(frozen=True)
class ModelQuote:
    """Price and wait time of one image of a model: the quote of an order of one."""

    price: int
    eta: Eta | None
    """As `Quote.eta`."""
    line_seconds: int
    """Additional wait time because of queued jobs."""
    is_blocked: bool
    """Whether the provider rejects the key or has no such endpoint."""


@dataclass(frozen=True)
class PageQuotes:
    """What a page shows its user of prices and waiting times: all from one forecast."""

    user: User
    allowed: Quotas
    forecast: Forecast

    @classmethod
    def of_models(
        cls, user: User, models: Iterable[ImageModel], *, allowed: Quotas
    ) -> "PageQuotes":
        return cls(user, allowed, eta.forecast(models))

    def of_form(self, form: FormOrder) -> Quote:
        """Return price and wait time of what a form asks for so far."""
        jobs, wait = self._order(form, count=form.count)
        return quotes.quote(self.user, jobs, wait=wait)

    def of_model(self, form: FormOrder) -> ModelQuote:
        """Return the quote of one image of what a form asks for so far."""
        (job,), wait = self._order(form, count=1)
        size = eta.size_of(job.width, job.height, job.steps)
        alone = self.forecast.without_line(form.model, size=size)
        return ModelQuote(
            price=job.credits,
            eta=wait.eta,
            line_seconds=wait.eta.p50 - alone.p50 if wait.eta else 0,
            is_blocked=self.forecast.queues[form.model.pk].blocked,
        )

    def with_size(self, form: FormOrder) -> FormOrder:
        """Return the form with the size of its source image, if that decides."""
        size = form.size or self._size_of_source(form)
        return replace(form, size=size)

    def _order(self, form: FormOrder, *, count: int) -> tuple[list[Job], OrderWait]:
        width, height = form.size or USUAL_SIZE
        fields = {
            "model": form.model,
            "width": width,
            "height": height,
            "steps": form.steps,
            "background": form.background,
        }
        jobs = [drafts.priced(form.offer, fields, user=self.user) for _number in range(count)]
        forecast, allowed = self.forecast, self.allowed
        return jobs, eta.wait_of_order(self.user, jobs, forecast=forecast, allowed=allowed)

    def sources_note(self, form: FormOrder) -> str:
        """Return a note on how the source images are sent, "" for none."""
        model, images = form.model, self._images_of(form.source_images)
        if images is None:
            return ""
        beside = {"prompt": form.prompt, "workflow": model.workflow}
        try:
            is_reduced = images.must_be_reduced(form.offer, beside=beside)
        except InvalidParameters as refused:
            return refused.errors[0].detail
        return _("Source images will be reduced to fit in the 10 MB request.") if is_reduced else ""

    def _size_of_source(self, form: FormOrder) -> tuple[int, int] | None:
        """Return the size derived from the first source image, None if not applicable."""
        if not form.offer.sized_by_source:
            return None
        images = self._images_of(form.source_images[:1])
        if images is None:
            return None
        width, height = images.size
        return size_like(width=width, height=height)

    def _images_of(self, ids: Sequence[str]) -> RequestImages | None:
        """Return the source images; None without any, or if one is missing.

        A missing one is reported when the form is sent.
        """
        try:
            return OrderImages().of_request(self.user, ids) if ids else None
        except InvalidParameters:
            return None


def pause_of(user: User) -> dict[str, GenerationSwitch | bool | None]:
    """Return `switch`, the creation switch unless it is on, and `is_paused`: it stops this user."""
    switch = creation_switch.paused()
    return {"switch": switch, "is_paused": creation_switch.stops(switch, is_staff=user.is_staff)}
