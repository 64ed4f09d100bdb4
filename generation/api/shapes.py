"""Serializers of requests and responses; the parameters of a job come from `catalog.parameters`.

Lists of jobs and images are written by `generation.jobs.serializers`, which is faster; a test holds
them to these shapes.
"""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

from artgen.api.shapes import Choice, Flag, Id, Moment, Shape, Text
from generation.catalog.offers import BATCH_MAX
from generation.catalog.parameters import JOB_PARAMETERS, JobParameter, Kind
from generation.files import storage
from generation.gallery.notes import NOTE_MAX
from generation.gallery.tags import MAX_PER_IMAGE
from generation.jobs import drafts
from generation.jobs.eta import Basis
from generation.jobs.job_request import JobRequestShape, SidesShape
from generation.models import Status, Visibility
from generation.models.collections import NAME_MAX
from generation.models.tags import TAG_MAX

MAX_IMAGES = 500
"""In one request to add to or remove from a collection."""


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


class WaitShape(Shape):
    """Seconds that images took: half of them at most `p50`, nine in ten at most `p90`."""

    p50 = serializers.IntegerField()
    p90 = serializers.IntegerField()

    class Meta:
        ref_name = "Wait"


class ErrorShape(Shape):
    """Why a job failed."""

    code = serializers.CharField(help_text="Stable, for use in code.")
    message = serializers.CharField(help_text="Human-readable.")

    class Meta:
        ref_name = "JobError"


class SavedFromShape(Shape):
    """Where a saved copy of a shared image is from."""

    author = serializers.CharField(
        allow_blank=True, help_text="The name of its owner; empty if it was not shown."
    )

    class Meta:
        ref_name = "SavedFrom"


class ImageShape(Shape):
    """An image. `sha256`, `width`, `height` and `bytes` describe the file at `url`."""

    id = serializers.UUIDField()
    job = serializers.UUIDField(allow_null=True, help_text="Null for a saved copy.")
    saved_from = SavedFromShape(
        allow_null=True, help_text="Of a copy of another user’s shared image, else null."
    )
    url = serializers.CharField(help_text="Expires; request the image again for a new one.")
    thumbnail_url = serializers.CharField(help_text="WebP; expires like `url`.")
    placeholder = serializers.CharField(help_text="ThumbHash, base64.")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    bytes = serializers.IntegerField()
    content_type = serializers.CharField()
    sha256 = serializers.CharField()
    seed = serializers.IntegerField(
        allow_null=True, help_text="Null for a saved copy whose page did not show it."
    )
    favorite = serializers.BooleanField()
    note = serializers.CharField(
        allow_blank=True, help_text="What you wrote about the image; only you see it."
    )
    tags = serializers.ListField(
        child=serializers.CharField(), help_text="Your tags; only you see them."
    )
    trashed_at = Moment(allow_null=True)
    visibility = serializers.ChoiceField(
        choices=Visibility.choices,
        help_text="Who can see it now. `public` only while it is on /explore/; `link` only until "
        "the link expires.",
    )
    created_at = Moment()

    class Meta:
        ref_name = "Image"


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
        help_text="Until then a queued job waits for a budget of the site, else null.",
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
        allow_null=True, help_text="Until the last image; null while that would wait for a budget."
    )
    parked_until = Moment(
        allow_null=True,
        help_text="Until then at least the last image would wait for a budget of the site, "
        "else null.",
    )

    class Meta:
        ref_name = "Quote"


class ImageChangeShape(Shape):
    """What can be changed of an image."""

    favorite = Flag(required=False)
    visibility = Choice(
        choices=Visibility.choices,
        required=False,
        help_text="`private` turns off the link and withdraws the request to publish. `link` "
        "creates a link if there is none, and withdraws that request. `public` requests a review: "
        "until staff approve, `visibility` does not change, and `GET …/share/` shows the state.",
    )
    note = Text(
        required=False,
        allow_blank=True,
        max_length=NOTE_MAX,
        help_text="Replaces the note; empty removes it. Only you see it.",
    )
    tags = serializers.ListField(
        child=Text(max_length=TAG_MAX, allow_blank=True),
        max_length=MAX_PER_IMAGE,
        required=False,
        error_messages={
            name: gettext_lazy("Must be a list of up to 20 tags.")
            for name in ("null", "not_a_list", "max_length")
        },
        help_text="Replaces the tags. Names are unique, case-insensitive: a tag keeps its first "
        "spelling. Surrounding spaces and a leading `#` are removed. Only you see them.",
    )

    class Meta:
        ref_name = "ImageChange"


class CoverUrl(serializers.CharField):
    """The address of the first of some thumbnails, null without any."""

    def to_representation(self, value: Any) -> Any:
        """Return the address; `value` are keys."""
        return storage.url(value[0]) if value else None


class FileUrl(serializers.CharField):
    """The address of a stored file."""

    def to_representation(self, value: Any) -> Any:
        """Return the address; `value` is the file's key."""
        return storage.absolute_url(value)


class CollectionShape(Shape):
    """A named collection of your images; an image can be in several."""

    id = serializers.UUIDField(source="collection.id")
    name = serializers.CharField(source="collection.name")
    count = serializers.IntegerField(help_text="Images in it, except those in the trash.")
    count_is_more = serializers.BooleanField(
        source="is_more",
        help_text="Whether it holds more than `count`: counting stops at 1,000.",
    )
    cover_url = CoverUrl(
        source="covers", allow_null=True, help_text="Thumbnail of its newest image; expires."
    )
    created_at = Moment(source="collection.created_at")

    class Meta:
        ref_name = "Collection"


class CollectionNameShape(Shape):
    """The name of a collection; unique per user, case-insensitive."""

    name = Text(
        max_length=NAME_MAX, error_messages={"blank": gettext_lazy("Enter a collection name.")}
    )

    class Meta:
        ref_name = "CollectionName"


class CollectionImagesShape(Shape):
    """Images to add or remove."""

    images = serializers.ListField(
        child=Id(),
        min_length=1,
        max_length=MAX_IMAGES,
        error_messages={
            name: gettext_lazy("Must be a list of 1–500 image IDs.")
            for name in ("required", "null", "not_a_list", "min_length", "max_length")
        },
    )

    class Meta:
        ref_name = "CollectionImages"


class UploadFileShape(Shape):
    """A source image."""

    file = serializers.FileField(
        help_text="PNG, JPEG or WebP, at most 20 MiB. Stored upright, without its metadata."
    )

    class Meta:
        ref_name = "UploadFile"


class UploadShape(Shape):
    """A stored upload; its ID goes into `source_images` or `mask`."""

    id = serializers.UUIDField()
    url = FileUrl(source="key", help_text="Expires.")
    width = serializers.IntegerField()
    height = serializers.IntegerField()

    class Meta:
        ref_name = "Upload"


class ParameterShape(Shape):
    """One parameter: `min`, `max`, `step` of a number, or the closed list `choices`."""

    default = serializers.JSONField()
    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    step = serializers.FloatField(allow_null=True)
    choices = serializers.ListField(child=serializers.JSONField(), allow_null=True)

    class Meta:
        ref_name = "Parameter"


class PriceShape(Shape):
    """Credits per image.

    max(minimum, ceil(per_image + per_megapixel × width × height / 1,000,000))
    """

    per_image = serializers.FloatField()
    per_megapixel = serializers.FloatField()
    minimum = serializers.IntegerField()

    class Meta:
        ref_name = "Price"


class ModelShape(Shape):
    """A model. If it has the parameter `size`, width and height are one of its choices."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    parameters = serializers.DictField(child=ParameterShape())
    min_source_images = serializers.IntegerField()
    max_source_images = serializers.IntegerField()
    languages = serializers.ListField(
        child=serializers.CharField(),
        help_text="Languages of prompts as ISO 639-1 codes, the preferred one first; empty if not "
        "known.",
    )
    price = PriceShape()
    enabled = serializers.BooleanField()

    class Meta:
        ref_name = "Model"


class StyleShape(Shape):
    """A style preset: text added around the prompt."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    is_own = serializers.BooleanField(help_text="Whether you have written it yourself.")

    class Meta:
        ref_name = "Style"


def _invalid(name: str, code: str, detail: str) -> serializers.ValidationError:
    return serializers.ValidationError({name: [ErrorDetail(detail, code)]})


def _one_to_most() -> str:
    return _("Must be 1–%(max)d images.") % {"max": BATCH_MAX}
