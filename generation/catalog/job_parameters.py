"""The parameters of a job, each declared once.

Whatever handles parameters reads JOB_PARAMETERS: the API's shapes, validation against a model
(`request_validation`), the check of the catalog (`model_validation`), the composer
(`generation.studio.forms`), the Job JSON and the payload for the provider. How to add one:
CONTRIBUTING.md, "Add something".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, TypedDict

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from artgen.api.json_types import IdText, Keywords
from generation.catalog.source_roles import SourceRole

PROMPT_MAX_LENGTH = 2000
LABEL_MAX_LENGTH = 100
LORA_URL_MAX_LENGTH = 500
SEED_MAX = 2**31 - 1
SIDES = ("left", "top", "right", "bottom")
MAX_EXTENSION = 100  # percent of a side


class Kind(Enum):
    """What values a parameter has, and so how it is validated, stored and described."""

    TEXT = "text"
    INTEGER = "integer"  # within the model's limits
    FLOAT = "float"  # within the model's limits
    SEED = "seed"
    STYLE = "style"  # slug of a style
    SOURCES = "sources"  # ids of source images
    ROLES = "roles"  # of the source images
    HTTPS_URL = "https_url"
    BOOLEAN = "boolean"
    MASK = "mask"  # id of an upload
    IMAGE = "image"  # id of an image
    WEBHOOK = "webhook"  # id of a webhook
    SIDES = "sides"  # percent by which each side is extended


Percent = Annotated[int, Keywords(minimum=0, maximum=MAX_EXTENSION), "0 if not given."]


class OutpaintJson(TypedDict, total=False):
    """Percent of the image by which each side is extended."""

    left: Percent
    top: Percent
    right: Percent
    bottom: Percent


JSON_TYPES: dict[Kind, Any] = {
    Kind.INTEGER: int,
    Kind.FLOAT: float,
    Kind.SEED: int,
    Kind.SOURCES: list[IdText],
    Kind.ROLES: list[Annotated[str, SourceRole]],
    Kind.BOOLEAN: bool,
    Kind.MASK: IdText,
    Kind.IMAGE: IdText,
    Kind.WEBHOOK: IdText,
    Kind.SIDES: OutpaintJson,
}
"""What is not a string in JSON."""


class SliderArea(Enum):
    """Where the composer shows the slider of a number."""

    TUNING = "tuning"
    SOURCES = "sources"  # beside the source images, and only sent together with some
    LORA = "lora"  # beside the LoRA, and only sent together with one


@dataclass(frozen=True, kw_only=True)
class JobParameter:
    """One parameter: `name` is that of the API's field, the column of Job and the form's field."""

    name: str
    kind: Kind
    required: bool = False
    is_kept_by_edits: bool = False
    """Whether some edits take it from their source image if it is not given."""
    max_length: int | None = None
    is_offered: bool = True
    """Whether a model must list it among its parameters to accept it."""
    offered_as: str = ""
    """Name of the model's parameter that offers it, if that is not its own name."""
    is_nullable: bool = True
    """Whether a stored job may have no value: the model decides."""
    in_payload: bool = True
    """Whether providers get it under this name, as a field of `payloads.Parameters`."""
    in_composer: bool = True
    """Whether the form of the Create page has it as a field of text."""
    slider: SliderArea | None = None
    label: str | Promise = ""
    hint: str | Promise = ""
    request_help: str = ""
    response_help: str = ""

    @property
    def offer_name(self) -> str:
        return self.offered_as or self.name

    @property
    def is_number(self) -> bool:
        return self.kind in (Kind.INTEGER, Kind.FLOAT)

    @property
    def json_type(self) -> Any:
        """The type of its field in the Job JSON, with its description."""
        hint = JSON_TYPES.get(self.kind, str)
        if self.is_nullable and self.kind not in (
            Kind.TEXT,
            Kind.SOURCES,
            Kind.ROLES,
            Kind.BOOLEAN,
        ):
            hint |= None
        return Annotated[hint, self.response_help] if self.response_help else hint

    @property
    def is_text(self) -> bool:
        """Whether it may be given as "", which means none."""
        return self.kind in (Kind.TEXT, Kind.STYLE, Kind.HTTPS_URL)


JOB_PARAMETERS = (
    JobParameter(
        name="prompt",
        kind=Kind.TEXT,
        required=True,
        is_kept_by_edits=True,
        is_offered=False,
        max_length=PROMPT_MAX_LENGTH,
        request_help="At most 2,000 characters, or the model's `parameters.prompt.max`. Required, "
        "except to upscale, erase or extend an image: that of the source image is kept then.",
    ),
    JobParameter(
        name="original_prompt",
        kind=Kind.TEXT,
        is_offered=False,
        in_payload=False,
        max_length=PROMPT_MAX_LENGTH,
        request_help="The prompt before it was translated or enhanced. It is stored with the job "
        "and found by the search; models do not get it.",
        response_help="The prompt before it was translated or enhanced; empty if it was not.",
    ),
    JobParameter(
        name="label",
        kind=Kind.TEXT,
        is_offered=False,
        in_payload=False,
        in_composer=False,
        max_length=LABEL_MAX_LENGTH,
        request_help="For whom or what the image is, such as a user of your program. The statement "
        "shows it and sums credits by it; models do not get it.",
        response_help="For whom or what the image is; only you see it.",
    ),
    JobParameter(name="negative_prompt", kind=Kind.TEXT, max_length=PROMPT_MAX_LENGTH),
    JobParameter(name="width", kind=Kind.INTEGER, is_nullable=False),
    JobParameter(name="height", kind=Kind.INTEGER, is_nullable=False),
    JobParameter(
        name="steps",
        kind=Kind.INTEGER,
        slider=SliderArea.TUNING,
        label=_("Steps"),
        hint=_("more steps: cleaner, slower"),
    ),
    JobParameter(
        name="guidance",
        kind=Kind.FLOAT,
        slider=SliderArea.TUNING,
        label=_("Guidance"),
        hint=_("higher: closer to the prompt"),
    ),
    JobParameter(
        name="seed",
        kind=Kind.SEED,
        is_nullable=False,
        is_offered=False,
        request_help="0 to 2147483647; random if not given. A model with the parameter `seed` "
        "makes much the same image again from the same seed, prompt and settings at the same "
        "endpoint, and another one from any change of them. A seed of one model means nothing to "
        "another. Models without the parameter do not get it: their images always differ.",
        response_help="Never null: a random seed is chosen if none is given. Models without the "
        "parameter `seed` did not get it.",
    ),
    JobParameter(
        name="style",
        kind=Kind.STYLE,
        is_offered=False,
        in_payload=False,
        request_help="The slug of a style.",
    ),
    JobParameter(
        name="source_images",
        kind=Kind.SOURCES,
        is_offered=False,
        in_payload=False,
        in_composer=False,
        request_help="IDs of your uploads and images.",
    ),
    JobParameter(
        name="source_roles",
        kind=Kind.ROLES,
        is_offered=False,
        in_payload=False,
        in_composer=False,
        request_help="What each source image is for, in their order: `edit` (it is "
        "changed, the default), `subject`, `style` or `composition`; with `-light` or `-strong` "
        "it has less or more weight, as in `style-strong`. Which ones a model supports: "
        "`source_roles` of `GET /api/v1/models/`.",
        response_help="What each source image is for; empty if all are edited.",
    ),
    JobParameter(
        name="strength",
        kind=Kind.FLOAT,
        slider=SliderArea.SOURCES,
        label=_("Strength"),
        hint=_("0 keeps the source, 1 replaces it"),
    ),
    JobParameter(
        name="lora_url",
        kind=Kind.HTTPS_URL,
        max_length=LORA_URL_MAX_LENGTH,
        request_help="An https address of a LoRA file, for models with the parameter `lora_url`. "
        "RunPod fetches it.",
        response_help="Address of the LoRA that was applied.",
    ),
    JobParameter(
        name="lora_scale",
        kind=Kind.FLOAT,
        slider=SliderArea.LORA,
        label=_("LoRA weight"),
        hint=_("0 turns it off, 1 is full strength"),
        request_help="The weight of the LoRA; only together with `lora_url`.",
        response_help="Its weight.",
    ),
    JobParameter(
        name="scale",
        kind=Kind.INTEGER,
        in_composer=False,
        request_help="How many times larger than its source the image becomes, for models with the "
        "parameter `scale`; 1 removes its background. They need no prompt: that of the source "
        "image is kept.",
        response_help="How many times larger than its source the image is.",
    ),
    JobParameter(
        name="mask",
        kind=Kind.MASK,
        in_payload=False,
        in_composer=False,
        request_help="ID of an uploaded PNG as large as the first source image: white areas are "
        "regenerated, black is kept, gray mixes both. For models with the parameter `mask`.",
        response_help="ID of the upload that limited the change to an area.",
    ),
    JobParameter(
        name="erase",
        kind=Kind.BOOLEAN,
        offered_as="mask",
        is_nullable=False,
        in_payload=False,
        in_composer=False,
        request_help="Remove what the mask covers and continue the background there. Needs `mask` "
        "and no prompt.",
        response_help="Whether what the mask covers was removed.",
    ),
    JobParameter(
        name="outpaint",
        kind=Kind.SIDES,
        offered_as="mask",
        in_payload=False,
        in_composer=False,
        request_help="Extend the first source image: 0 to 100 percent of its width to the left and "
        "to the right, of its height at the top and at the bottom. For models with the parameter "
        "`mask`, instead of a mask. Without a prompt, that of the source image is kept.",
        response_help="By how many percent each side of the source image was extended.",
    ),
    JobParameter(
        name="draft",
        kind=Kind.IMAGE,
        is_offered=False,
        in_payload=False,
        in_composer=False,
        request_help="ID of your image that this one finishes; each then shows the other. Drafts "
        "are small images of a fast model from which one is chosen. The final keeps its "
        "composition if the draft is also the source image: edited, with a low `strength`, in the "
        "role `composition`, or enlarged by `scale`. Otherwise it is a new image from the same "
        "prompt. Models do not get this field.",
        response_help="ID of the image that this one finishes.",
    ),
    JobParameter(
        name="background",
        kind=Kind.BOOLEAN,
        is_nullable=False,
        is_offered=False,
        in_payload=False,
        in_composer=False,
        request_help="Create the image when nothing else of the model waits, usually by tomorrow, "
        "at the `background_discount` of `GET /api/v1/models/`. Such jobs have no waiting time.",
        response_help="Whether it waits until nothing else of the model does.",
    ),
    JobParameter(
        name="webhook",
        kind=Kind.WEBHOOK,
        is_offered=False,
        in_payload=False,
        in_composer=False,
        request_help="ID of your webhook that is sent the end of this job, and of its batch, "
        "whatever its topics are: `GET /api/v1/webhooks/`. Others are sent it by their topics.",
        response_help="ID of the webhook that is sent its end; only you see it.",
    ),
)
JOB_FIELDS = tuple(parameter.name for parameter in JOB_PARAMETERS)
"""What a request says of one image, besides the model."""


def names(parameters: Iterable[JobParameter]) -> tuple[str, ...]:
    return tuple(parameter.name for parameter in parameters)


NUMBERS = names(parameter for parameter in JOB_PARAMETERS if parameter.is_number)
SLIDERS = {parameter.name: parameter for parameter in JOB_PARAMETERS if parameter.slider}
PAYLOAD_FIELDS = names(parameter for parameter in JOB_PARAMETERS if parameter.in_payload)
NULL_IF_EMPTY = names(
    parameter
    for parameter in JOB_PARAMETERS
    if parameter.kind in (Kind.STYLE, Kind.HTTPS_URL, Kind.MASK, Kind.IMAGE, Kind.WEBHOOK)
)
"""Stored as "", null in the API."""
