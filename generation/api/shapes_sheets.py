"""Serializers of comparison sheets and word lists."""

from rest_framework import serializers

from artgen.api.shapes import Choice, Id, Moment, Shape, Text
from generation.api.shapes_jobs import JobShape, QuoteShape
from generation.models import SheetImageKind
from generation.models.sheets import LIST_NAME_MAX
from generation.sheets.word_lists import MAX_ENTRIES, MAX_ENTRY_LENGTH


class HeadShape(Shape):
    """What a row or column has in common: a parameter and its value."""

    parameter = serializers.CharField(
        help_text="`prompt` (its value is the alternative), `model` or one of the axes."
    )
    value = serializers.JSONField(help_text="A string or a number; null for no style.")

    class Meta:
        ref_name = "SheetHead"


class HeadsField(serializers.ListField):
    """Rows or columns: for each the list of what it has in common."""

    child = HeadShape(many=True)


class SheetShape(Shape):
    """A comparison: the batch with its id, laid out in rows and columns."""

    id = serializers.UUIDField(help_text="Also that of the batch.")
    prompt = serializers.CharField(help_text="As sent, with its alternatives.")
    rows = HeadsField()
    columns = HeadsField()
    cells = serializers.ListField(
        child=serializers.ListField(child=serializers.UUIDField()),
        help_text="The job of each cell, row by row.",
    )
    best = serializers.UUIDField(
        allow_null=True, help_text="The job of the image that you voted for."
    )
    created_at = Moment()

    class Meta:
        ref_name = "Sheet"


class SheetWithJobsShape(SheetShape):
    """A comparison with its jobs."""

    jobs = JobShape(many=True, help_text="Those that are still stored.")

    class Meta:
        ref_name = "SheetWithJobs"


class SheetQuoteShape(QuoteShape):
    """What a comparison consists of, its price and wait time."""

    rows = HeadsField()
    columns = HeadsField()
    count = serializers.IntegerField(help_text="The number of images.")
    obstacle = serializers.CharField(
        allow_blank=True, help_text="Why your quotas don’t allow it; empty if they do."
    )

    class Meta:
        ref_name = "SheetQuote"


class SheetCancelShape(Shape):
    """What was canceled."""

    canceled = serializers.IntegerField(help_text="The number of jobs.")
    credits = serializers.IntegerField(help_text="Returned.")
    obstacle = serializers.CharField(
        allow_blank=True, help_text="Why other unfinished jobs were left, such as a daily limit."
    )

    class Meta:
        ref_name = "SheetCancel"


class VoteShape(Shape):
    """The best image of a comparison."""

    job = Id(help_text="The job of a cell with an image.")

    class Meta:
        ref_name = "SheetVote"


class SheetImageRequestShape(Shape):
    """The image of a comparison to draw."""

    format = Choice(choices=SheetImageKind.values, required=False, default=SheetImageKind.JPEG)

    class Meta:
        ref_name = "SheetImage"


class SheetImageShape(Shape):
    """A comparison as one labeled image, for a download."""

    format = serializers.ChoiceField(choices=SheetImageKind.values)
    state = serializers.ChoiceField(
        choices=["preparing", "ready", "failed"],
        help_text="`failed`: ask for it again.",
    )
    done = serializers.IntegerField(help_text="The cells that are drawn.")
    total = serializers.IntegerField(help_text="All cells.")
    url = serializers.URLField(
        allow_null=True, help_text="Of the file, short-lived; null until it is ready."
    )
    bytes = serializers.IntegerField(allow_null=True)
    expires_at = Moment(
        allow_null=True, help_text="After that ask for it again; null while it is prepared."
    )

    class Meta:
        ref_name = "SheetImage"


class WordListRequestShape(Shape):
    """A word list to create or to change."""

    name = Text(
        max_length=LIST_NAME_MAX,
        help_text="Letters, digits, hyphens and single underscores; unique, ignoring case.",
    )
    entries = serializers.ListField(
        child=Text(max_length=MAX_ENTRY_LENGTH),
        help_text=f"Up to {MAX_ENTRIES}; plain text, without alternatives.",
    )

    class Meta:
        ref_name = "WordList"  # in requests, `Request` is added


class WordListShape(Shape):
    """A list of alternatives; `__name__` in the prompt of a comparison stands for its entries."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    entries = serializers.ListField(child=serializers.CharField())
    created_at = Moment()

    class Meta:
        ref_name = "WordList"
