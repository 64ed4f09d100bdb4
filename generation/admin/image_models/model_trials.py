""" "Try it": one job of a model, paid by the service, with what is sent and what comes back."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.models import User
from artgen.admin.audited import AuditedAdmin
from artgen.admin.pages import page
from artgen.api.problems import too_large
from artgen.refusals import Refusal
from generation.admin.image_models import request_preview
from generation.catalog import model_validation
from generation.catalog.job_parameters import PROMPT_MAX_LENGTH
from generation.files import storage, uploads
from generation.jobs import clients
from generation.jobs.engine.driver import trial_log
from generation.jobs.live import status_text
from generation.jobs.placing import trials
from generation.models import Image, ImageModel, Job, Status
from generation.providers.provider import Order

TEMPLATES = "admin/generation/imagemodel"
SAMPLE_SOURCE = "generation/examples/canyon.webp"
"""The source image of a model that needs one, unless staff choose another."""


class TrialForm(forms.Form):
    """The prompt of a trial, and its source image and endpoint if the model has these."""

    prompt = forms.CharField(
        label=_("Prompt"),
        initial=model_validation.PROMPT,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )
    source = forms.FileField(
        label=_("Source image"),
        required=False,
        widget=forms.FileInput({"class": "admin-input"}),
        help_text=_("PNG, JPEG or WebP. Empty: a sample image, if the model needs one."),
    )

    def __init__(self, *args: Any, model: ImageModel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit = model.offer.max_length("prompt") or PROMPT_MAX_LENGTH
        self.fields["prompt"].validators.append(MaxLengthValidator(limit))
        self.fields["prompt"].widget.attrs["maxlength"] = limit
        if not model.max_source_images:
            del self.fields["source"]
        if model.endpoints.count() > 1:
            self.fields["endpoint"] = forms.ModelChoiceField(
                model.endpoints.all(),
                label=_("Endpoint"),
                required=False,
                empty_label=_("as for users"),
                widget=forms.Select(attrs={"class": "admin-input"}),
            )


class TrialPages(AuditedAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        urls: list[URLPattern] = [
            path("<int:object_id>/try/", view(self.try_model), name="generation_imagemodel_try"),
            path(
                "<int:object_id>/try/<uuid:job_id>/",
                view(self.trial),
                name="generation_imagemodel_trial",
            ),
            *super().get_urls(),
        ]
        return urls

    def try_model(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask for a prompt; POST places the job and shows it."""
        model = self._model(request, object_id)
        staff = request.user
        if not isinstance(staff, User):
            raise PermissionDenied
        problem = request_preview.problem_of(model)
        initial = {"endpoint": request.GET.get("endpoint", "")}
        form = TrialForm(request.POST or None, request.FILES or None, model=model, initial=initial)
        if request.method == "POST" and not problem and form.is_valid():
            try:
                job = _place(staff, model, form)
            except Refusal as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_change(request, model, f"tried: job {job.id}")
                return HttpResponseRedirect(
                    reverse("admin:generation_imagemodel_trial", args=[model.pk, job.id])
                )
        context = {"form": form, "problem": problem, "expected": _expected(model)}
        return self._page(request, model, "try.html", context)

    def trial(self, request: HttpRequest, object_id: int, job_id: UUID) -> HttpResponse:
        model = self._model(request, object_id)
        job = get_object_or_404(
            Job.objects.select_related("model", "user"), pk=job_id, model=model, is_trial=True
        )
        context = _trial(job)
        if request.headers.get("X-Part") == "1":  # the page's own script
            return render(request, f"{TEMPLATES}/_trial.html", context)
        return self._page(request, model, "trial.html", context)

    def _model(self, request: HttpRequest, object_id: int) -> ImageModel:
        model: ImageModel = get_object_or_404(ImageModel, pk=object_id)
        if not self.has_change_permission(request, model):
            raise PermissionDenied
        return model

    def _page(
        self, request: HttpRequest, model: ImageModel, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        context |= {"title": gettext("Try %(name)s") % {"name": model.name}, "model": model}
        return page(self, request, f"{TEMPLATES}/{template}", **context)


def _place(staff: User, model: ImageModel, form: TrialForm) -> Job:
    """Store the source image, and place the trial; raise Refusal, then nothing is kept."""
    file = form.cleaned_data.get("source")
    data = None
    if file is not None:
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise too_large(settings.UPLOAD_MAX_BYTES)
        data = file.read()
    elif model.min_source_images:
        data = _sample_source()
    uploads_kept = [uploads.keep(user=staff, data=data)] if data else []
    try:
        return trials.place(
            staff=staff,
            model=model,
            prompt=form.cleaned_data["prompt"],
            endpoint=form.cleaned_data.get("endpoint"),
            source_images=[str(upload.id) for upload in uploads_kept]
            * max(1, model.min_source_images),
        )
    except Exception:
        uploads.discard(uploads_kept)
        raise


def _sample_source() -> bytes:
    path = finders.find(SAMPLE_SOURCE)
    if not isinstance(path, str):
        raise FileNotFoundError(SAMPLE_SOURCE)
    return Path(path).read_bytes()


def _trial(job: Job) -> dict[str, Any]:
    events = {event.name: event for event in job.events.order_by("id")}  # of each, the last one
    texts = {
        name: events[name].detail if name in events else ""
        for name in (trial_log.REQUEST, trial_log.ACCEPTED, trial_log.REPLY)
    }
    request_line = ""
    if job.snapshot:
        place = job.place
        order = Order(endpoint_id=place.endpoint_id, input={}, webhook=None)
        request_line = f"POST {clients.of(place.provider).request(order)[0]}"
    return {
        "job": job,
        "error": status_text.error_message(job.error_code) if job.status == Status.FAILED else "",
        "request_line": request_line,
        "sent": texts[trial_log.REQUEST],
        "accepted": texts[trial_log.ACCEPTED],
        "reply": texts[trial_log.REPLY],
        "images": [
            {"url": storage.url(image.large_key or image.thumbnail_key), "image": image}
            for image in Image.objects.present().filter(job=job).order_by("position")
        ],
        "moments": [
            (label, at)
            for label, at in (
                (gettext("Placed"), job.created_at),
                (gettext("Sent to the provider"), job.submitted_at),
                (gettext("Started"), job.started_at),
                (gettext("Finished"), job.finished_at),
            )
            if at
        ],
        "seconds": (job.finished_at - job.created_at).total_seconds() if job.finished_at else None,
        "cost": "" if job.cost is None else _dollars(job.cost),
        "expected": _expected(job.model, pixels=job.width * job.height),
    }


def _expected(model: ImageModel, *, pixels: int | None = None) -> str:
    """Return the expected cost of one image in dollars, "" if it is unknown."""
    cost = model.cost
    if cost is None:
        return ""
    if pixels is None:
        width, height = model_validation.usual_size(model.offer)
        pixels = width * height
    return _dollars(cost.of(images=1, pixels=pixels))


def _dollars(amount: Decimal) -> str:
    return f"${number_format(amount, 4)}"
