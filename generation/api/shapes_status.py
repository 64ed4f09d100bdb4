"""Serializers of the service's status."""

from rest_framework import serializers

from artgen.api.shapes import Moment, Shape
from generation.api.shapes_jobs import EtaShape
from generation.models import Announcement
from generation.status.service import Creation, ModelState


class WaitShape(Shape):
    """Seconds that images took: half of them at most `p50`, nine in ten at most `p90`."""

    p50 = serializers.IntegerField()
    p90 = serializers.IntegerField()

    class Meta:
        ref_name = "Wait"


class AnnouncementShape(Shape):
    """A line above every page."""

    level = serializers.ChoiceField(choices=Announcement.Level.choices)
    text = serializers.CharField(help_text="In the language of Accept-Language.")
    starts_at = Moment()
    ends_at = Moment(allow_null=True)

    class Meta:
        ref_name = "Announcement"


class LastHourShape(Shape):
    """Jobs that ended in the last hour, without requests that the model rejected."""

    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    success_rate = serializers.FloatField(allow_null=True, help_text="0 to 1; null without jobs.")
    wait_seconds = WaitShape(allow_null=True, help_text="From placing to image; null without one.")

    class Meta:
        ref_name = "LastHour"


class ModelStatusShape(Shape):
    """An enabled model."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    state = serializers.ChoiceField(
        choices=ModelState.choices, help_text="`delayed`: jobs wait for a free GPU."
    )
    eta_seconds = EtaShape(allow_null=True, help_text="Of an image that is placed now.")
    parked_until = Moment(
        allow_null=True, help_text="Until then new jobs wait for a budget of the site, else null."
    )
    last_hour = LastHourShape()

    class Meta:
        ref_name = "ModelStatus"


class ServiceShape(Shape):
    """Whether image creation works."""

    creation = serializers.ChoiceField(
        choices=Creation.choices,
        help_text="`maintenance`, `off`: paused by the administrators; `unavailable`: a fault.",
    )
    message = serializers.CharField(
        allow_blank=True, help_text="Of the administrators, while they have paused it."
    )
    expected_end = Moment(allow_null=True, help_text="Of the pause.")
    announcements = AnnouncementShape(many=True)
    models = ModelStatusShape(many=True)
    measured_at = Moment()

    class Meta:
        ref_name = "Status"
