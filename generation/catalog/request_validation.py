"""Validation of the parameters of one request against the limits of a model."""

import math
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artgen.database.ids import parse_uuid
from artgen.refusals import FieldError
from generation.catalog.job_parameters import (
    JOB_FIELDS,
    JOB_PARAMETERS,
    MAX_EXTENSION,
    SEED_MAX,
    SIDES,
    JobParameter,
    Kind,
)
from generation.catalog.source_roles import EDIT, SourceRole

if TYPE_CHECKING:
    from generation.catalog.offers import Offer


class RequestValidation:
    """Validation of one request; collects all `errors` instead of stopping at the first."""

    def __init__(self, *, offer: "Offer", request: Mapping[str, Any]) -> None:
        self.offer = offer
        self.request = request
        self.errors: list[FieldError] = []

    def run(self) -> dict[str, Any]:
        """Return all of JOB_FIELDS with defaults filled in; invalid if there are `errors`."""
        for name in self.request:
            if name not in JOB_FIELDS:
                self._fail(str(name)[:100], "unknown_field", _("Unknown field."))
        cleaned = {parameter.name: self._value(parameter) for parameter in JOB_PARAMETERS}
        self._size(cleaned)
        self._roles_of_sources(cleaned)
        if not cleaned["lora_url"]:
            self._without_lora(cleaned)
        if self.offer.takes_mask:
            self._area(cleaned)
        return cleaned

    def _fail(self, name: str, code: str, detail: str) -> None:
        self.errors.append(FieldError(field=name, code=code, detail=detail))

    def _value(self, parameter: JobParameter) -> Any:
        """Return the value to store, the default where none is given."""
        name = parameter.name
        if name in ("width", "height") and "size" in self.offer.parameters:
            return None  # checked together, by `_size`
        if parameter.is_offered and parameter.offer_name not in self.offer.parameters:
            return self._not_offered(parameter)
        match parameter.kind:
            case Kind.TEXT:
                return self._text(parameter)
            case Kind.INTEGER:
                return self._number(name, int)
            case Kind.FLOAT:
                return self._number(name, float)
            case Kind.SEED:
                return self._seed(name)
            case Kind.STYLE:
                return self._slug(name)
            case Kind.SOURCES:
                return self._source_images(name)
            case Kind.ROLES:
                return self._roles(name)
            case Kind.HTTPS_URL:
                return self._https_url(parameter)
            case Kind.BOOLEAN:
                return self._boolean(name)
            case Kind.MASK:
                return self._mask(name)
            case Kind.IMAGE:
                return self._image(name)
            case Kind.SIDES:
                return self._sides(name)

    def _not_offered(self, parameter: JobParameter) -> Any:
        """Return the value of a parameter that the model does not have; a given one is an error."""
        value = self.request.get(parameter.name)
        if parameter.kind is Kind.BOOLEAN:
            is_none = value is None or value is False
        else:
            is_none = value is None or (value == "" and parameter.is_text)
        if not is_none:
            detail = _("%(model)s doesn’t support this setting.") % {"model": self.offer.name}
            self._fail(parameter.name, "not_supported", detail)
        if parameter.kind is Kind.BOOLEAN:
            return False
        return "" if parameter.kind in (Kind.TEXT, Kind.HTTPS_URL, Kind.MASK) else None

    def _needs(self, parameter: JobParameter) -> bool:
        """Return whether a text must be given: edits without a prompt keep that of the source."""
        extended = isinstance(self.request.get("outpaint"), dict)
        is_erased_or_extended = self.request.get("erase") is True or extended
        keeps = self.offer.upscales or (self.offer.takes_mask and is_erased_or_extended)
        return parameter.required and not (parameter.is_kept_by_edits and keeps)

    def _text(self, parameter: JobParameter) -> str:
        name = parameter.name
        value = self.request.get(name)
        if value is None:
            value = ""
        if not isinstance(value, str):
            self._fail(name, "invalid", _("Must be a string."))
            return ""
        limit = self.offer.max_length(name, usual=parameter.max_length)
        required = self._needs(parameter)
        value, error = clean_text(value, max_length=limit, required=required)
        if error:
            self._fail(name, *error)
        return value

    def _is_short_enough(self, value: str, parameter: JobParameter) -> bool:
        error = length_error(value, parameter.max_length)
        if error:
            self._fail(parameter.name, *error)
        return not error

    def _slug(self, name: str) -> str | None:
        value = self.request.get(name)
        if value in (None, ""):
            return None
        if not isinstance(value, str) or len(value) > 50:
            self._fail(name, "invalid", _("Must be the slug of a style."))
            return None
        return value

    def _number(self, name: str, kind: type[int] | type[float]) -> int | float | None:
        parameter = self.offer.parameters[name]
        value = self.request.get(name)
        if value is None:
            return None if parameter.default is None else kind(parameter.default)
        right_type = isinstance(value, int) or (
            kind is float and isinstance(value, float) and math.isfinite(value)
        )
        if isinstance(value, bool) or not right_type:
            self._fail(
                name,
                "invalid",
                _("Must be a whole number.") if kind is int else _("Must be a number."),
            )
            return None
        names = {
            "model": self.offer.name,
            "min": _plain(parameter.min),
            "max": _plain(parameter.max),
        }
        if parameter.min is not None and value < parameter.min:
            self._fail(name, "min_value", _("Must be %(min)s–%(max)s for %(model)s.") % names)
        elif parameter.max is not None and value > parameter.max:
            self._fail(name, "max_value", _("Must be %(min)s–%(max)s for %(model)s.") % names)
        elif kind is int and parameter.step and (value - (parameter.min or 0)) % parameter.step:
            self._fail(
                name,
                "step",
                _("Must be a multiple of %(step)s for %(model)s.")
                % {**names, "step": _plain(parameter.step)},
            )
        elif parameter.choices and value not in parameter.choices:
            choices = ", ".join(_plain(choice) for choice in parameter.choices)
            self._fail(
                name,
                "choices",
                _("%(model)s supports: %(choices)s.") % {**names, "choices": choices},
            )
        else:
            return kind(value)
        return None

    def _seed(self, name: str) -> int | None:
        value = self.request.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self._fail(name, "invalid", _("Must be a whole number."))
        elif not 0 <= value <= SEED_MAX:
            code = "min_value" if value < 0 else "max_value"
            self._fail(name, code, _("Must be 0–%(max)d.") % {"max": SEED_MAX})
        else:
            return value
        return None

    def _source_images(self, name: str) -> list[str]:
        value = self.request.get(name)
        if value is None:
            value = []
        least, most = self.offer.min_source_images, self.offer.max_source_images
        values = {"model": self.offer.name, "max": most}
        if not isinstance(value, list) or not all(isinstance(image_id, str) for image_id in value):
            self._fail(name, "invalid", _("Must be a list of image IDs."))
        elif value and most == 0:
            detail = _("%(model)s doesn’t accept source images.")
            self._fail(name, "not_supported", detail % values)
        elif len(value) > most:
            detail = ngettext(
                "%(model)s accepts up to %(max)d source image.",
                "%(model)s accepts up to %(max)d source images.",
                most,
            )
            self._fail(name, "max_length", detail % values)
        elif len(value) < least:
            self._fail(name, "required", _("%(model)s needs a source image.") % values)
        else:
            return value
        return []

    def _roles(self, name: str) -> list[str]:
        """Return the role of each source image; none if all are edited."""
        value = self.request.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(
            isinstance(role, str) and role in SourceRole for role in value
        ):
            known = ", ".join(SourceRole.values)
            detail = _("Must be a list with some of: %(names)s.") % {"names": known}
            self._fail(name, "invalid", detail)
            return []
        for role in dict.fromkeys(value):
            if role not in self.offer.source_roles:
                detail = _("%(model)s doesn’t support this role of a source image: %(role)s.")
                names = {"model": self.offer.name, "role": SourceRole(role).label}
                self._fail(name, "not_supported", detail % names)
        return value

    def _roles_of_sources(self, cleaned: dict[str, Any]) -> None:
        """Check that each source image has a role, and each slot of a graph one image."""
        roles, sources = cleaned["source_roles"], cleaned["source_images"]
        if not (roles or sources) or self.errors:
            return
        if roles and len(roles) != len(sources):
            self._fail("source_roles", "length", _("Give one role for each source image."))
        elif not set(roles) - {EDIT}:
            cleaned["source_roles"] = []
        for role, how in self.offer.roles.items():
            if how.slot and roles.count(role) != 1:
                detail = _("%(model)s uses one image in this role: %(role)s.")
                names = {"model": self.offer.name, "role": SourceRole(role).label}
                code = "max_length" if role in roles else "required"
                self._fail("source_roles", code, detail % names)

    def _https_url(self, parameter: JobParameter) -> str:
        """Return an https address, "" for none. The provider requests it, ArtGen never does."""
        name = parameter.name
        value = self.request.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._fail(name, "invalid", _("Must be a string."))
            return ""
        value = value.strip()
        if not self._is_short_enough(value, parameter):
            return ""
        if value and not _is_https(value):
            detail = _("Must be an https:// address without a user name, password or spaces.")
            self._fail(name, "invalid", detail)
            return ""
        return value

    def _boolean(self, name: str) -> bool:
        value = self.request.get(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            self._fail(name, "invalid", _("Must be true or false."))
            return False
        return value

    def _mask(self, name: str) -> str:
        value = self.request.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > 50:
            self._fail(name, "invalid", _("Must be the ID of an upload."))
            return ""
        if not value:
            self._fail(name, "required", _("Mark the area to change first."))
        return value

    def _image(self, name: str) -> str:
        value = self.request.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._fail(name, "invalid", _("Must be the ID of an image."))
        elif image_id := parse_uuid(value):
            return str(image_id)
        else:
            self._fail(name, "does_not_exist", _("Image not found."))
        return ""

    def _sides(self, name: str) -> dict[str, int] | None:
        value = self.request.get(name)
        if value is None:
            return None
        if not isinstance(value, dict) or set(value) - set(SIDES):
            code = "unknown_field" if isinstance(value, dict) else "invalid"
            detail = _("Must be an object with some of: %(names)s.") % {"names": ", ".join(SIDES)}
            self._fail(name, code, detail)
            return None
        sides = {side: value.get(side, 0) for side in SIDES}
        if not all(
            type(percent) is int and 0 <= percent <= MAX_EXTENSION for percent in sides.values()
        ):
            detail = _("Each side must be 0–%(max)d percent.") % {"max": MAX_EXTENSION}
            self._fail(name, "max_value", detail)
        elif not any(sides.values()):
            self._fail(name, "min_value", _("Choose a side to extend."))
        else:
            return sides
        return None

    def _area(self, cleaned: Mapping[str, Any]) -> None:
        """Check that the area to change is given in exactly one way, of a source image."""
        mask, outpaint = cleaned["mask"], self.request.get("outpaint")
        if (mask or outpaint) and not cleaned["source_images"] and not self.errors:
            self._fail("source_images", "required", _("Choose the image to change."))
        if mask and outpaint:
            self._fail("outpaint", "conflict", _("Give either a mask or sides to extend."))
        elif cleaned["erase"] and outpaint:
            self._fail("erase", "conflict", _("Nothing to erase outside of the image."))
        elif (
            not (mask or outpaint)
            and self.request.get("mask") is None
            and (cleaned["erase"] or self.offer.needs_mask)
        ):
            self._fail("mask", "required", _("Mark the area to change first."))

    def _without_lora(self, cleaned: dict[str, Any]) -> None:
        """Remove the scale if there is no LoRA; a given scale without a LoRA is an error."""
        alone = (
            self.request.get("lora_url") in (None, "")
            and self.request.get("lora_scale") is not None
        )
        if alone and "lora_url" in self.offer.parameters:
            self._fail("lora_url", "required", _("Enter the address of the LoRA."))
        cleaned["lora_scale"] = None

    def _size(self, cleaned: dict[str, Any]) -> None:
        """Fill in and validate width and height of a model that has a list of sizes."""
        size = self.offer.parameters.get("size")
        if size is None:
            return
        pairs = [tuple(int(side) for side in str(choice).split("x")) for choice in size.choices]
        default = tuple(int(side) for side in str(size.default).split("x"))
        for name, fallback in zip(("width", "height"), default, strict=True):
            value = self.request.get(name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                self._fail(name, "invalid", _("Must be a whole number."))
                return
            cleaned[name] = fallback if value is None else value
        if (cleaned["width"], cleaned["height"]) not in pairs:
            choices = ", ".join(f"{width} × {height}" for width, height in pairs)
            for name in ("width", "height"):
                self._fail(
                    name,
                    "choices",
                    _("%(model)s supports these sizes: %(choices)s.")
                    % {"model": self.offer.name, "choices": choices},
                )


def clean_text(
    text: str, *, max_length: int | None, required: bool
) -> tuple[str, tuple[str, str] | None]:
    """Return a text as a job stores it, and code and message of its error, None without one."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if any(unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t" for char in text):
        return text, ("control_characters", _("Control characters are not allowed."))
    if required and not text:
        return text, ("required", _("Enter a prompt first."))
    return text, length_error(text, max_length)


def length_error(text: str, limit: int | None) -> tuple[str, str] | None:
    if limit is None or len(text) <= limit:
        return None
    detail = ngettext("At most %(max)d character.", "At most %(max)d characters.", limit)
    return "max_length", detail % {"max": limit}


def _plain(value: float | None) -> str:
    """Return a number without a trailing `.0`."""
    if value is None:
        return "∞"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _is_https(address: str) -> bool:
    """Return whether this is an https address with a host and without a password."""
    if not address.isascii() or not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return parts.scheme == "https" and named and "@" not in parts.netloc
