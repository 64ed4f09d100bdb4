"""The shapes of requests and answers, for OpenAPI alone: limits are each model's own and checked by `catalog`."""

from typing import Any

from rest_framework import serializers

from generation.catalog.offers import LORA_URL_MAX_LENGTH
from generation.models import Status, Visibility
from generation.models.collections import NAME_MAX

Shape = serializers.Serializer[Any]


class EtaShape(Shape):
    """Seconds: half of all pictures come sooner than `p50`, nine in ten sooner than `p90`."""

    p50 = serializers.IntegerField()
    p90 = serializers.IntegerField()

    class Meta:
        ref_name = "Eta"


class ErrorShape(Shape):
    """Why a job failed."""

    code = serializers.CharField(help_text="Stable, for programs.")
    message = serializers.CharField(help_text="For people.")

    class Meta:
        ref_name = "JobError"


class ImageShape(Shape):
    """A picture. `sha256`, `width`, `height` and `bytes` are those of the file that `url` serves."""

    id = serializers.UUIDField()
    job = serializers.UUIDField()
    url = serializers.CharField(help_text="Expires; ask again for a fresh one.")
    thumbnail_url = serializers.CharField(help_text="WebP; expires as `url` does.")
    placeholder = serializers.CharField(help_text="ThumbHash, base64.")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    bytes = serializers.IntegerField()
    content_type = serializers.CharField()
    sha256 = serializers.CharField()
    seed = serializers.IntegerField()
    favorite = serializers.BooleanField()
    trashed_at = serializers.DateTimeField(allow_null=True)
    visibility = serializers.ChoiceField(
        choices=Visibility.choices,
        help_text="Who may see it now. `public` only while it is on /explore/; `link` only until the link expires.",
    )
    created_at = serializers.DateTimeField()

    class Meta:
        ref_name = "Image"


class JobShape(Shape):
    """A job: one picture to be made, or several where the model gives several at once."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Status.choices)
    progress = serializers.FloatField(allow_null=True, help_text="0 to 1; null where nobody knows.")
    step = serializers.IntegerField(allow_null=True)
    step_count = serializers.IntegerField(allow_null=True)
    queue_position = serializers.IntegerField(
        allow_null=True, help_text="Jobs before this one; only while queued."
    )
    eta_seconds = EtaShape(allow_null=True)
    phase = serializers.CharField(help_text="What is happening, in words for a person.")
    phase_detail = serializers.CharField(allow_blank=True)
    model = serializers.SlugField()
    prompt = serializers.CharField()
    negative_prompt = serializers.CharField(allow_blank=True)
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    steps = serializers.IntegerField(allow_null=True)
    guidance = serializers.FloatField(allow_null=True)
    seed = serializers.IntegerField(help_text="Never null: drawn where none was given.")
    style = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    source_images = serializers.ListField(child=serializers.UUIDField())
    strength = serializers.FloatField(allow_null=True)
    lora_url = serializers.CharField(
        allow_null=True, help_text="Address of the LoRA that was applied."
    )
    lora_scale = serializers.FloatField(allow_null=True, help_text="Its weight.")
    batch = serializers.UUIDField(allow_null=True)
    credits = serializers.IntegerField(
        help_text="Held while active, charged when succeeded, else returned."
    )
    attempt = serializers.IntegerField()
    version = serializers.IntegerField(
        help_text="Only grows; of two documents the one with the higher is newer."
    )
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(
        allow_null=True, help_text="Set exactly when the status is final."
    )
    error = ErrorShape(allow_null=True)
    images = ImageShape(many=True)

    class Meta:
        ref_name = "Job"


class JobRequestShape(Shape):
    """What a job may ask for. Which fields a model takes, and within which limits: `GET /api/v1/models/`."""

    model = serializers.SlugField(help_text="The slug of an enabled model.")
    prompt = serializers.CharField(help_text="At most 2,000 characters.")
    negative_prompt = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    width = serializers.IntegerField(required=False, allow_null=True)
    height = serializers.IntegerField(required=False, allow_null=True)
    steps = serializers.IntegerField(required=False, allow_null=True)
    guidance = serializers.FloatField(required=False, allow_null=True)
    seed = serializers.IntegerField(
        required=False, allow_null=True, help_text="0 to 2147483647; drawn if not given."
    )
    style = serializers.CharField(  # type: ignore[assignment]
        required=False, allow_null=True, allow_blank=True, help_text="The slug of a style."
    )
    source_images = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_null=True,
        help_text="Ids of own uploads and pictures.",
    )
    strength = serializers.FloatField(required=False, allow_null=True)
    lora_url = serializers.CharField(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=LORA_URL_MAX_LENGTH,
        help_text="An https address of a LoRA file, for models with the parameter `lora_url`. RunPod fetches it.",
    )
    lora_scale = serializers.FloatField(
        required=False,
        allow_null=True,
        help_text="The weight of the LoRA; only together with `lora_url`.",
    )

    class Meta:
        ref_name = "JobOrder"


class CountedShape(JobRequestShape):
    """The same picture several times; a given seed counts up."""

    count = serializers.IntegerField(required=False, help_text="1 to 8 pictures; 1 if not given.")

    class Meta:
        ref_name = "CountedOrder"


class ListedShape(Shape):
    """Different pictures at once."""

    jobs = serializers.ListField(child=JobRequestShape(), help_text="1 to 8 of them.")

    class Meta:
        ref_name = "ListedOrder"


class BatchShape(Shape):
    """Jobs placed at once."""

    id = serializers.UUIDField()
    jobs = JobShape(many=True)

    class Meta:
        ref_name = "Batch"


class QuoteShape(Shape):
    """Price and time of an order, of the last of its pictures."""

    credits = serializers.IntegerField()
    eta_seconds = EtaShape()

    class Meta:
        ref_name = "Quote"


class ImageChangeShape(Shape):
    """What may be changed of a picture."""

    favorite = serializers.BooleanField(required=False)
    visibility = serializers.ChoiceField(
        choices=Visibility.choices,
        required=False,
        help_text="`private` stops the link and withdraws the wish to be public. `link` makes a link where there is "
        "none, and withdraws that wish. `public` asks for it: until staff have said yes, `visibility` stays what it "
        "was, and `GET …/share/` tells the state.",
    )

    class Meta:
        ref_name = "ImageChange"


class CollectionShape(Shape):
    """A collection: a named pile of own pictures; a picture may lie in several."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    count = serializers.IntegerField(help_text="Pictures in it, those in the trash left out.")
    count_is_more = serializers.BooleanField(
        help_text="Whether it holds more than `count`: counting stops at 1,000."
    )
    cover_url = serializers.CharField(
        allow_null=True, help_text="Thumbnail of its newest picture; expires."
    )
    created_at = serializers.DateTimeField()

    class Meta:
        ref_name = "Collection"


class CollectionNameShape(Shape):
    """The name of a collection, once per user whatever the case."""

    name = serializers.CharField(max_length=NAME_MAX)

    class Meta:
        ref_name = "CollectionName"


class CollectionImagesShape(Shape):
    """Pictures to put in or take out."""

    images = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=500)

    class Meta:
        ref_name = "CollectionImages"


class UploadFileShape(Shape):
    """A picture to work from."""

    file = serializers.FileField(
        help_text="PNG, JPEG or WebP, at most 20 MiB. Kept upright, without its metadata."
    )

    class Meta:
        ref_name = "UploadFile"


class UploadShape(Shape):
    """A kept upload; its id goes into `source_images`."""

    id = serializers.UUIDField()
    url = serializers.CharField(help_text="Expires.")
    width = serializers.IntegerField()
    height = serializers.IntegerField()

    class Meta:
        ref_name = "Upload"


class ParameterShape(Shape):
    """One setting: `min`, `max`, `step` of a number, or the closed list `choices`."""

    default = serializers.JSONField()
    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    step = serializers.FloatField(allow_null=True)
    choices = serializers.ListField(child=serializers.JSONField(), allow_null=True)

    class Meta:
        ref_name = "Parameter"


class PriceShape(Shape):
    """Credits of one picture: max(minimum, ceil(per_image + per_megapixel × width × height / 1,000,000))."""

    per_image = serializers.FloatField()
    per_megapixel = serializers.FloatField()
    minimum = serializers.IntegerField()

    class Meta:
        ref_name = "Price"


class ModelShape(Shape):
    """A model on offer. `size` among its parameters: width and height come only in the pairs of its choices."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    parameters = serializers.DictField(child=ParameterShape())
    min_source_images = serializers.IntegerField()
    max_source_images = serializers.IntegerField()
    price = PriceShape()
    enabled = serializers.BooleanField()

    class Meta:
        ref_name = "Model"


class StyleShape(Shape):
    """A style preset: words put around the prompt."""

    slug = serializers.SlugField()
    name = serializers.CharField()

    class Meta:
        ref_name = "Style"
