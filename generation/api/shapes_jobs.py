"""Serializers of jobs, batches and quotes; a job's parameters come from `catalog.parameters`.

Lists of jobs are written by `generation.jobs.serializers`, which is faster; a test compares them
with these shapes.
"""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

from artgen.api.shapes import Moment, Shape
from generation.api.shapes_images import ImageShape
from generation.catalog.offers import BATCH_MAX
from generation.catalog.parameters import JOB_PARAMETERS, JobParameter, Kind
from generation.jobs import drafts
from generation.jobs.eta import Basis
from generation.jobs.job_request import JobRequestShape, SidesShape
from generation.models import Status


class EtaShape(Shape):
    """Seconds: half of all images are ready before `p50`, nine in ten before `p90`."""

    p50 = serializers.IntegerField()
    p90 = serializers.IntegerField()
    basis = serializers.ChoiceField(
        choices=Basis.choices,
        help_text="Taken from the model’s last jobs of this `size`; of any size, if there are too "
        "few (`model`); from its typical time, if there are none (`catalog`).",
    )

    class Meta:
        ref_name = "Eta"


class ErrorShape(Shape):
    """Why a job failed."""

    code = serializers.CharField(help_text="Stable, for use in code.")
    message = serializers.CharField(help_text="Human-readable.")

    class Meta:
        ref_name = "JobError"


class JobShape(Shape):
    """A job: one image to generate, or several where the model returns several at once."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Status.choices)
    progress = serializers.FloatField(allow_null=True, help_text="0 to 1; null if unknown.")
    step = serializers.IntegerField(allow_null=True)
    step_count = serializers.IntegerField(allow_null=True)
    queue_position = serializers.IntegerField(
        allow_null=True, help_text="Jobs before this one; only while queued."
    )
    eta_seconds = EtaShape(allow_null=True)
    parked_until = Moment(
        allow_null=True,
        help_text="Until then a queued job waits for a budget of the site, else null. It may start "
        "earlier: if the budget is raised, or other jobs cost less than expected.",
    )
    phase = serializers.CharField(help_text="What is happening; human-readable.")
    phase_detail = serializers.CharField(allow_blank=True)
    model = serializers.SlugField()
    batch = serializers.UUIDField(allow_null=True)
    credits = serializers.IntegerField(
        help_text="Held while active; charged on success, returned otherwise."
    )
    attempt = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Only grows: the higher version is newer.")
    created_at = Moment()
    started_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True, help_text="Set exactly when the status is final.")
    error = ErrorShape(allow_null=True)
    images = ImageShape(many=True)

    class Meta:
        ref_name = "Job"

    def get_fields(self) -> dict[str, Any]:
        """Insert the job's parameters after its model."""
        fields = list(super().get_fields().items())
        after = [name for name, _field in fields].index("model") + 1
        parameters = [(one.name, response_field(one)) for one in JOB_PARAMETERS]
        return dict(fields[:after] + parameters + fields[after:])


def response_field(parameter: JobParameter) -> serializers.Field[Any, Any, Any, Any]:
    """Return the field of a parameter in a response."""
    options: dict[str, Any] = {"help_text": parameter.response_help}
    match parameter.kind:
        case Kind.INTEGER | Kind.SEED:
            return serializers.IntegerField(allow_null=parameter.is_nullable, **options)
        case Kind.FLOAT:
            return serializers.FloatField(allow_null=parameter.is_nullable, **options)
        case Kind.SOURCES:
            return serializers.ListField(child=serializers.UUIDField(), **options)
        case Kind.BOOLEAN:
            return serializers.BooleanField(**options)
        case Kind.MASK:
            return serializers.UUIDField(allow_null=True, **options)
        case Kind.SIDES:
            return SidesShape(allow_null=True, **options)
        case Kind.TEXT:
            return serializers.CharField(allow_blank=not parameter.required, **options)
    return serializers.CharField(allow_null=True, **options)


class CountedShape(JobRequestShape):
    """The same request several times; a given seed counts up."""

    count = serializers.IntegerField(
        required=False, min_value=1, max_value=BATCH_MAX, help_text="1 to 8 images; 1 if not given."
    )

    class Meta:
        ref_name = "CountedOrder"

    def run_validation(self, data: Any = empty) -> dict[str, Any]:
        """Return `{"requests"}`. Each is validated when it is placed, as its model is then."""
        count = data.get("count", 1)
        if isinstance(count, bool) or not isinstance(count, int):
            raise _invalid("count", "invalid", _("Must be a whole number."))
        if not 1 <= count <= BATCH_MAX:
            raise _invalid("count", "min_value" if count < 1 else "max_value", _one_to_most())
        request = {name: value for name, value in data.items() if name != "count"}
        return {"requests": drafts.repeated(request, count=count)}


class ListedShape(Shape):
    """Different images at once."""

    jobs = serializers.ListField(
        child=JobRequestShape(), min_length=1, max_length=BATCH_MAX, help_text="1 to 8 of them."
    )

    class Meta:
        ref_name = "ListedOrder"

    def run_validation(self, data: Any = empty) -> dict[str, Any]:
        """Return `{"requests"}`. Each is validated when it is placed, as its model is then."""
        beside = ErrorDetail(_("Can’t be combined with “jobs”."), "unknown_field")
        if others := {name: [beside] for name in data if name != "jobs"}:
            raise serializers.ValidationError(others)
        jobs = data["jobs"]
        if not isinstance(jobs, list):
            raise _invalid("jobs", "invalid", _("Must be a list."))
        if not 1 <= len(jobs) <= BATCH_MAX:
            raise _invalid("jobs", "max_length" if jobs else "min_length", _one_to_most())
        wrong = ErrorDetail(_("Must be a JSON object."), "invalid")
        errors: Any = {
            index: [wrong] for index, job in enumerate(jobs) if not isinstance(job, dict)
        }
        if errors:
            raise serializers.ValidationError({"jobs": errors})
        return {"requests": jobs}


class BatchShape(Shape):
    """Jobs created at once."""

    id = serializers.UUIDField()
    jobs = JobShape(many=True)

    class Meta:
        ref_name = "Batch"


class QuoteShape(Shape):
    """Price of an order, and wait time until its last image."""

    credits = serializers.IntegerField()
    eta_seconds = EtaShape(
        allow_null=True,
        help_text="Until the last image; null while a budget makes it wait, and if your limit of "
        "images in progress at once is 0.",
    )
    parked_until = Moment(
        allow_null=True,
        help_text="Until then at least the last image would wait for a budget of the site, "
        "else null.",
    )

    class Meta:
        ref_name = "Quote"


def _invalid(name: str, code: str, detail: str) -> serializers.ValidationError:
    return serializers.ValidationError({name: [ErrorDetail(detail, code)]})


def _one_to_most() -> str:
    return _("Must be 1–%(max)d images.") % {"max": BATCH_MAX}
