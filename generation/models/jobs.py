"""Jobs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from generation.catalog import source_roles
from generation.catalog.job_parameters import (
    JOB_FIELDS,
    LABEL_MAX_LENGTH,
    LORA_URL_MAX_LENGTH,
    NULL_IF_EMPTY,
    SLIDERS,
    SliderArea,
)
from generation.models.endpoints import Endpoint, Place, ProviderName
from generation.models.image_models import ImageModel
from generation.models.owned import OwnedQuerySet
from generation.models.presets import OWN_STYLE_PREFIX
from generation.providers.provider import UNSTOPPABLE

if TYPE_CHECKING:
    from generation.models.images import Image


class Status(models.TextChoices):
    """Status of a job. The comments say what is true meanwhile."""

    QUEUED = "queued", _("queued")  # waits in ArtGen; the provider does not have it
    # Being posted or accepted by the provider. Without runpod_id it is unknown which.
    SUBMITTED = "submitted", _("submitted")
    RUNNING = "running", _("generating")  # on a worker
    STORING = "storing", _("saving")  # finished at the provider, images not in the bucket yet
    SUCCEEDED = "succeeded", _("done")  # images stored, credits charged
    FAILED = "failed", _("failed")  # no image; credits returned
    CANCELED = "canceled", _("canceled")  # by the user or staff; credits returned unless CHARGED


FINAL = (Status.SUCCEEDED, Status.FAILED, Status.CANCELED)
ACTIVE = (Status.QUEUED, Status.SUBMITTED, Status.RUNNING, Status.STORING)
AT_PROVIDER = (Status.SUBMITTED, Status.RUNNING)
ENDED_WITHOUT_IMAGES = (Status.FAILED, Status.CANCELED)
TOO_DEAR = "too_dear"
"""`error_code` of a QUEUED job that costs too much at every endpoint of its model: it is parked."""
CHARGED = "charged"
"""`error_code` of a CANCELED job whose owner has paid: its provider could not stop it."""
STUCK_AFTER = timedelta(seconds=60)  # a job that has been due for longer is stuck


class JobQuerySet(OwnedQuerySet["Job"]):
    def active(self) -> "JobQuerySet":
        return self._active(*ACTIVE)

    def queued(self) -> "JobQuerySet":
        return self._active(Status.QUEUED)

    def at_provider(self) -> "JobQuerySet":
        """Keep those that the provider has or may have."""
        return self._active(*AT_PROVIDER)

    def storing(self) -> "JobQuerySet":
        return self._active(Status.STORING)

    def _active(self, *statuses: Status) -> "JobQuerySet":
        # A CHECK ties status and due_at. The indexes of active jobs need due_at: a status is a
        # parameter, so a generic plan cannot use an index that depends on it.
        return self.filter(status__in=statuses, due_at__isnull=False)

    def parked(self) -> "JobQuerySet":
        return self.queued().filter(parked_until__gt=timezone.now())

    def not_stored(self) -> "JobQuerySet":
        """Keep STORING ones whose images could not be stored yet."""
        return self.storing().exclude(error_detail="")

    def stuck(self) -> "JobQuerySet":
        """Keep active ones that need attention: overdue, past the deadline, of unknown fate,
        missing at the provider, or not stored.
        """
        now = timezone.now()
        since = now - STUCK_AFTER
        return self.active().filter(
            Q(due_at__lt=since)
            & ~Q(status=Status.QUEUED)  # a queued one is due until it is submitted
            | Q(deadline_at__lt=now)
            | Q(status=Status.SUBMITTED, runpod_id="", submitted_at__lt=since)
            | Q(missing_since__isnull=False)
            | Q(status=Status.STORING) & ~Q(error_detail="")
        )

    def shown(self) -> "JobQuerySet":
        """Exclude those that their owner has dismissed from the feed."""
        return self.filter(dismissed_at__isnull=True)

    def of_users(self) -> "JobQuerySet":
        """Exclude trials of models, which only the admin shows."""
        return self.filter(is_trial=False)

    def newest_first(self) -> "JobQuerySet":
        """Sort by id, which is chronological."""
        return self.order_by("-id")

    def with_all(self) -> "JobQuerySet":
        """Fetch with what the Job JSON needs, in a constant number of queries."""
        return self.select_related("model").prefetch_related(
            models.Prefetch(
                "images",
                queryset=apps.get_model("generation", "Image")._default_manager.order_by(
                    "position"
                ),
            )
        )

    def for_forecast(self) -> "JobQuerySet":
        """Fetch active ones for the Job JSON, without the fields that only the provider needs."""
        return self.select_related("model").defer(
            "snapshot",
            "result",
            *(
                f"model__{name}"
                for name in ("workflow", "request_format", "parameters", "price", "expected_cost")
            ),
        )


class Job(models.Model):
    """A request for an image, or several if the model makes several at once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="jobs",
        verbose_name=_("user"),
        db_index=False,  # job_of_user begins with it
    )
    model = models.ForeignKey(
        ImageModel, on_delete=models.PROTECT, related_name="jobs", verbose_name=_("model")
    )
    batch = models.UUIDField(_("batch"), null=True, blank=True)

    # What was requested.
    prompt = models.TextField(_("prompt"))
    # Before it was translated or enhanced; "" if it was not.
    original_prompt = models.TextField(_("original prompt"), blank=True, default="", db_default="")
    # For whom or what it is, such as a user of the program that placed it; never an identity.
    label = models.CharField(
        _("label"), max_length=LABEL_MAX_LENGTH, blank=True, default="", db_default=""
    )
    negative_prompt = models.TextField(_("negative prompt"), blank=True)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    steps = models.PositiveIntegerField(_("steps"), null=True)
    guidance = models.FloatField(_("guidance scale"), null=True)
    seed = models.BigIntegerField(_("seed"))
    style = models.CharField(_("style"), max_length=50, blank=True)
    source_images = models.JSONField(_("source images"), default=list)
    # What each is for; [] if all are edited.
    source_roles = models.JSONField(_("roles of source images"), default=list, db_default=[])
    strength = models.FloatField(_("strength"), null=True)
    lora_url = models.CharField(
        _("LoRA address"), max_length=LORA_URL_MAX_LENGTH, blank=True, default="", db_default=""
    )
    lora_scale = models.FloatField(_("LoRA weight"), null=True)
    scale = models.PositiveSmallIntegerField(_("scale"), null=True)
    mask = models.CharField(_("mask"), max_length=36, blank=True, default="", db_default="")
    erase = models.BooleanField(_("erase"), default=False, db_default=False)
    outpaint = models.JSONField(_("extended sides"), null=True)
    # The image that it finishes: no source image, it is not sent, and it may be deleted.
    draft = models.CharField(_("draft"), max_length=36, blank=True, default="", db_default="")
    # At a discount, when nothing else of the model waits.
    background = models.BooleanField(_("when there is room"), default=False, db_default=False)
    # Of its user, is sent its end and that of its batch, whatever its topics; may be deleted.
    webhook = models.CharField(_("webhook"), max_length=36, blank=True, default="", db_default="")
    snapshot = models.JSONField(
        _("snapshot"), default=dict, help_text=_("Model and style at submission.")
    )
    credits = models.PositiveIntegerField(_("credits"))
    # Placed by staff to try the model: paid by the service, so `credits` is 0.
    is_trial = models.BooleanField(
        _("trial paid by the service"), default=False, db_default=False, editable=False
    )

    # What the provider is expected to charge for an attempt. NULL: placed by an earlier version.
    expected_usd = models.DecimalField(
        _("expected cost, $"), max_digits=10, decimal_places=5, null=True, editable=False
    )

    # Where its attempt was submitted. NULL before the first one, and by an earlier version.
    endpoint = models.ForeignKey(
        Endpoint,
        on_delete=models.PROTECT,
        null=True,
        related_name="jobs",
        db_index=False,  # statements look for a model's jobs
        editable=False,
    )

    # Its state; only `jobs.engine.lifecycle` writes it.
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    due_at = models.DateTimeField(_("due"), null=True)
    # Until then a budget does not allow it. In the past, or NULL: it does not wait for one.
    parked_until = models.DateTimeField(_("waits for a budget until"), null=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    # How often the provider has not accepted this attempt: 429 or no connection.
    refusals = models.PositiveSmallIntegerField(default=0)
    # When its POST ended without saying whether the provider took it. NULL otherwise.
    unknown_since = models.DateTimeField(null=True, editable=False)
    runpod_id = models.CharField(_("provider’s job"), max_length=100, blank=True)
    # A provider's job that a webhook named while this attempt's is unknown; /status must say so.
    candidate_id = models.CharField(max_length=100, blank=True, default="", db_default="")
    # Of a STORING job: `payloads.Result.as_json()`, so that the status is read once. NULL if the
    # result contains bytes, which are too large for a row: the status is then read again.
    result = models.JSONField(_("result"), null=True)
    # From which the images are downloaded, and whether it was at fault when that failed last.
    result_host = models.CharField(max_length=255, blank=True, default="", db_default="")
    host_failed = models.BooleanField(default=False, db_default=False, editable=False)
    # Of a STORING job: until `due_at` a process downloads its images; else it waits.
    is_claimed = models.BooleanField(default=False, db_default=False, editable=False)
    submitted_at = models.DateTimeField(_("submitted"), null=True)  # of this attempt
    # Since then the provider has answered 404 for this attempt.
    missing_since = models.DateTimeField(null=True)
    # Ended here, to be canceled at the provider.
    stop_pending = models.BooleanField(default=False)
    # Of the last attempt, as the provider reported it: in its queue, and on the worker.
    delay_ms = models.PositiveBigIntegerField(null=True, editable=False)
    execution_ms = models.PositiveBigIntegerField(null=True, editable=False)
    progress = models.FloatField(_("progress"), null=True)
    step = models.PositiveIntegerField(null=True)
    step_count = models.PositiveIntegerField(null=True)
    error_code = models.CharField(_("error"), max_length=40, blank=True)
    # For staff only. Of a STORING job: why its images are not stored yet.
    error_detail = models.TextField(_("provider’s message"), blank=True)
    cost = models.DecimalField(_("cost, $"), max_digits=10, decimal_places=5, null=True)
    # Expected for those of its attempts that have run and whose cost the provider did not report.
    # NULL: none, or they ended in an earlier version.
    unreported_usd = models.DecimalField(
        _("expected for attempts without a reported cost, $"),
        max_digits=10,
        decimal_places=5,
        null=True,
        editable=False,
    )
    # Of the HTTP request that placed it (X-Request-ID), for the logs.
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("created"))
    deadline_at = models.DateTimeField(_("deadline"), null=True)  # set by the first submission
    # What was said when it was placed: done by then with a chance of 50 % and 90 %. NULL during an
    # outage and for trials.
    promised_p50_at = models.DateTimeField(_("promised, 50 %"), null=True, editable=False)
    promised_p90_at = models.DateTimeField(_("promised, 90 %"), null=True, editable=False)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    # The owner has hidden it in the feed; only jobs that ended without images can be.
    dismissed_at = models.DateTimeField(null=True, editable=False)

    first_position: tuple[int, int] | None = None
    """`queue_positions.QueuePosition` when it was placed; known to the placed instance, not stored.

    More recent than the model's cached queue.
    """
    first_limit: tuple[int, int, int] | None = None
    """`model_queues.UserLimit` when it was placed, as `first_position`; None: no limit."""
    new_images: "Sequence[Image] | None" = None
    """The images that were stored with its end; known to the instance that ended, not stored."""

    preview = ""
    """The image so far, as Base64 of a JPEG; known to the published instance, not stored."""

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="job_is_due_until_final",
                condition=Q(status__in=FINAL, due_at__isnull=True)
                | Q(status__in=ACTIVE, due_at__isnull=False),
            ),
            models.CheckConstraint(
                name="job_is_finished_exactly_when_final",
                condition=Q(status__in=FINAL, finished_at__isnull=False)
                | Q(status__in=ACTIVE, finished_at__isnull=True),
            ),
            models.CheckConstraint(
                name="job_failed_with_a_code",
                condition=~Q(status=Status.FAILED) | ~Q(error_code=""),
            ),
            models.CheckConstraint(
                name="job_waits_here_without_runpod_id",
                condition=~Q(status=Status.QUEUED) | Q(runpod_id=""),
            ),
            models.UniqueConstraint(
                name="runpod_job_belongs_to_one_job",
                fields=["runpod_id"],
                condition=~Q(runpod_id=""),
            ),
            models.CheckConstraint(
                name="job_progress_is_a_share",
                condition=Q(progress__isnull=True) | Q(progress__gte=0, progress__lte=1),
            ),
        ]
        indexes = [
            models.Index(name="job_due", fields=["due_at"], condition=Q(due_at__isnull=False)),
            models.Index(
                name="job_line",
                fields=["model", "user", "created_at"],
                condition=Q(due_at__isnull=False),
            ),
            models.Index(
                name="job_active_of_user", fields=["user"], condition=Q(due_at__isnull=False)
            ),
            models.Index(name="job_of_user", fields=["user", "-id"]),
            models.Index(name="job_of_batch", fields=["batch"], condition=Q(batch__isnull=False)),
            models.Index(
                name="job_parked",
                fields=["parked_until"],
                condition=Q(status=Status.QUEUED, parked_until__isnull=False),
            ),
            models.Index(name="job_to_stop", fields=["id"], condition=Q(stop_pending=True)),
            models.Index(
                name="job_speed",
                fields=["model", "-finished_at"],
                condition=Q(status=Status.SUCCEEDED),
            ),
            models.Index(name="job_labeled", fields=["user", "created_at"], condition=~Q(label="")),
            models.Index(name="job_mask", fields=["mask"], condition=~Q(mask="")),
            models.Index(name="job_draft", fields=["draft"], condition=~Q(draft="")),
            models.Index(
                name="job_ended_without_images",
                fields=["finished_at"],
                condition=Q(status__in=(Status.FAILED, Status.CANCELED)),
            ),
        ]

    def __str__(self) -> str:
        # Without the prompt: the log of staff has this text and outlives the account.
        return str(self.id)

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def is_cancelable(self) -> bool:
        return self.status in (Status.QUEUED, *AT_PROVIDER)

    @property
    def runs_on(self) -> bool:
        """Whether it is at a provider that has taken it and cannot stop it."""
        is_there = self.status in AT_PROVIDER and bool(self.runpod_id)
        return is_there and self.place.provider in UNSTOPPABLE

    @property
    def cancel_price(self) -> int:
        """The credits that its owner pays for canceling it now."""
        return self.credits if self.runs_on and self.model.charges_canceled else 0

    def is_parked(self, *, now: datetime) -> bool:
        return (
            self.status == Status.QUEUED
            and self.parked_until is not None
            and self.parked_until > now
        )

    @property
    def place(self) -> Place:
        """Where its attempt is, or is to be submitted; `snapshot` keeps it."""
        provider = self.snapshot.get("provider") or ProviderName.RUNPOD
        return Place(str(provider), str(self.snapshot["endpoint_id"]))

    @property
    def log_fields(self) -> dict[str, Any]:
        """The fields of log lines about the job: its id here and there, attempt, and the id of
        the request that placed it.
        """
        fields = {"job": str(self.id), "attempt": self.attempt}
        if runpod_id := self.runpod_id or self.candidate_id:
            fields["runpod_id"] = runpod_id
        if self.request_id:
            fields["placed_by_request"] = self.request_id
        return fields

    @property
    def parameters(self) -> dict[str, Any]:
        """The requested parameters as `orders.place` takes them, seed included."""
        values = {name: getattr(self, name) for name in JOB_FIELDS}
        values |= {name: values[name] or None for name in NULL_IF_EMPTY}
        return values | {"source_images": list(self.source_images)}

    @property
    def numbers(self) -> list[tuple[str, float]]:
        """Label and value of each number set with a slider, except the LoRA's weight."""
        return [
            (str(slider.label), value)
            for name, slider in SLIDERS.items()
            if (value := getattr(self, name)) is not None and slider.slider is not SliderArea.LORA
        ]

    @property
    def shareable_parameters(self) -> dict[str, Any]:
        """The parameters that others may see, without label, webhook and the prompt as it was.

        The query of a LoRA's address may contain a key.
        """
        address = self.lora_url.partition("?")[0].partition("#")[0]
        private: dict[str, Any] = {
            "source_images": [],
            "source_roles": [],
            "mask": None,
            "draft": None,
        }
        if self.has_own_style:
            private["style"] = None
        values = {**self.parameters, "lora_url": address or None, **private}
        del values["original_prompt"], values["label"], values["webhook"]
        return values

    @property
    def has_own_style(self) -> bool:
        """Whether its style is one that its user has written."""
        return self.style.startswith(OWN_STYLE_PREFIX)

    @property
    def style_name(self) -> str:
        """The name of an own style as it was then; "" for built-in ones and none."""
        return str(self.snapshot.get("style_name") or "") if self.has_own_style else ""

    @property
    def styled_prompt(self) -> str:
        """The prompt within the text of its style, as the provider gets it."""
        template = self.snapshot.get("style_template") or "{prompt}"
        return str(template).replace("{prompt}", self.prompt)

    @property
    def sent_prompt(self) -> str:
        """The prompt as it is sent: styled, and with what it says of the source images."""
        formats = source_roles.formats_from(self.snapshot.get("roles") or {})
        texts = [self.styled_prompt, source_roles.instructions(self.source_roles, formats)]
        return "\n".join(filter(None, texts))

    @property
    def written_prompt(self) -> str:
        """What its user has written of that: with an own style its text, too. Rules read this."""
        return self.styled_prompt if self.has_own_style else self.prompt
