"""Validation of the parameters of one request against the limits of a model."""

import math
import unicodedata
from collections.abc import Callable, Mapping
from types import NoneType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artgen.database.ids import parse_uuid
from artgen.refusals import FieldError
from generation.catalog.job_parameters import (
    JOB_FIELDS,
    JOB_PARAMETERS,
    LORA_URL_MAX_LENGTH,
    MAX_EXTENSION,
    SEED_MAX,
    SIDES,
    JobParameter,
    Kind,
)
from generation.catalog.source_roles import EDIT, SourceRole
from generation.imaging import aspect_ratio

if TYPE_CHECKING:
    from generation.catalog.offers import Offer, Parameter

EMPTY: dict[Kind, type] = {
    Kind.TEXT: str,
    Kind.SOURCES: list,
    Kind.ROLES: list,
    Kind.HTTPS_URL: str,
    Kind.BOOLEAN: bool,
    Kind.MASK: str,
    Kind.IMAGE: str,
    Kind.WEBHOOK: str,
}
"""What makes the value that is stored where none is given: None of other kinds."""


class Invalid(Exception):
    """A value is refused: the code of the error, and its text."""


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
        if cleaned["background"] and self.offer.background_discount is None:
            detail = _("%(model)s doesn’t support this setting.")
            self._fail("background", "not_supported", detail % {"model": self.offer.name})
        return cleaned

    def _fail(self, name: str, code: str, detail: str) -> None:
        self.errors.append(FieldError(field=name, code=code, detail=detail))

    def _value(self, parameter: JobParameter) -> Any:
        """Return the value to store, the default where none is given."""
        name, kind = parameter.name, parameter.kind
        if name in ("width", "height") and "size" in self.offer.parameters:
            return None  # checked together, by `_size`
        value, empty = self.request.get(name), EMPTY.get(kind, NoneType)()
        is_none = value is None or (value == "" and parameter.is_text)
        try:
            if parameter.is_offered and parameter.offer_name not in self.offer.parameters:
                if is_none or (value is False and kind is Kind.BOOLEAN):
                    return empty
                detail = _("%(model)s doesn’t support this setting.")
                raise Invalid("not_supported", detail % {"model": self.offer.name})
            match kind:
                case Kind.TEXT:
                    return self._text("" if value is None else value, parameter)
                case Kind.INTEGER:
                    return self._number(value, int, self.offer.parameters[name])
                case Kind.FLOAT:
                    return self._number(value, float, self.offer.parameters[name])
                case Kind.SOURCES:
                    return self._source_images([] if value is None else value)
                case Kind.ROLES if not is_none:
                    return self._roles(value)
            return empty if is_none else CHECKS[kind](value)
        except Invalid as error:
            self._fail(name, *error.args)
            return empty

    def _needs(self, parameter: JobParameter) -> bool:
        """Return whether a text must be given: edits without a prompt keep that of the source."""
        extended = isinstance(self.request.get("outpaint"), dict)
        is_erased_or_extended = self.request.get("erase") is True or extended
        keeps = self.offer.upscales or (self.offer.takes_mask and is_erased_or_extended)
        return parameter.required and not (parameter.is_kept_by_edits and keeps)

    def _text(self, value: object, parameter: JobParameter) -> str:
        limit = self.offer.max_length(parameter.name, usual=parameter.max_length)
        required = self._needs(parameter)
        text, error = clean_text(_string(value), max_length=limit, required=required)
        if error:
            raise Invalid(*error)
        return text

    def _number(
        self, value: Any, kind: type[int] | type[float], limits: "Parameter"
    ) -> int | float | None:
        if value is None:
            return None if limits.default is None else kind(limits.default)
        if kind is int:
            _check_whole(value)
        elif not _is_whole(value) and not (isinstance(value, float) and math.isfinite(value)):
            raise Invalid("invalid", _("Must be a number."))
        names = {"model": self.offer.name, "min": _plain(limits.min), "max": _plain(limits.max)}
        between = _("Must be %(min)s–%(max)s for %(model)s.")
        if limits.min is not None and value < limits.min:
            raise Invalid("min_value", between % names)
        if limits.max is not None and value > limits.max:
            raise Invalid("max_value", between % names)
        if kind is int and limits.step and (rest := (value - (limits.min or 0)) % limits.step):
            detail = _("Must be a multiple of %(step)s for %(model)s, such as %(value)s.")
            names |= {"step": _plain(limits.step), "value": _plain(value - rest)}
            raise Invalid("step", detail % names)
        if limits.choices and value not in limits.choices:
            choices = ", ".join(_plain(choice) for choice in limits.choices)
            detail = _("%(model)s supports: %(choices)s.")
            raise Invalid("choices", detail % {**names, "choices": choices})
        return kind(value)

    def _source_images(self, value: object) -> list[str]:
        least, most = self.offer.min_source_images, self.offer.max_source_images
        values = {"model": self.offer.name, "max": most}
        if not isinstance(value, list) or not all(isinstance(image_id, str) for image_id in value):
            raise Invalid("invalid", _("Must be a list of image IDs."))
        if value and most == 0:
            detail = _("%(model)s doesn’t accept source images.")
            raise Invalid("not_supported", detail % values)
        if len(value) > most:
            detail = ngettext(
                "%(model)s accepts up to %(max)d source image.",
                "%(model)s accepts up to %(max)d source images.",
                most,
            )
            raise Invalid("max_length", detail % values)
        if len(value) < least:
            raise Invalid("required", _("%(model)s needs a source image.") % values)
        return value

    def _roles(self, value: object) -> list[str]:
        """Return the role of each source image; none if all are edited."""
        if not isinstance(value, list) or not all(
            isinstance(role, str) and role in SourceRole for role in value
        ):
            known = ", ".join(SourceRole.values)
            detail = _("Must be a list with some of: %(names)s.") % {"names": known}
            raise Invalid("invalid", detail)
        for role in dict.fromkeys(value):
            if role not in self.offer.source_roles:
                detail = _("%(model)s doesn’t support this role of a source image: %(role)s.")
                names = {"model": self.offer.name, "role": SourceRole(role).label}
                self._fail("source_roles", "not_supported", detail % names)
        return value

    def _roles_of_sources(self, cleaned: dict[str, Any]) -> None:
        """Check that each source image has a role, and each slot of a graph one image."""
        sources = cleaned["source_images"]
        if self.offer.own_role and not cleaned["source_roles"]:
            cleaned["source_roles"] = self.offer.usual_roles(len(sources))
        roles = cleaned["source_roles"]
        if not (roles or sources) or self.errors:
            return
        if roles and len(roles) != len(sources):
            self._fail("source_roles", "length", _("Give one role for each source image."))
        elif not set(roles) - {EDIT}:
            cleaned["source_roles"] = []
        for role, how in self.offer.roles.items():
            count = sum(SourceRole(one).base == role for one in roles)
            if how.slot and count != 1:
                detail = _("%(model)s uses one image in this role: %(role)s.")
                names = {"model": self.offer.name, "role": SourceRole(role).label}
                code = "max_length" if count else "required"
                self._fail("source_roles", code, detail % names)

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
        pairs = [_pair(choice) for choice in size.choices]
        default = _pair(size.default)
        for name, fallback in zip(("width", "height"), default, strict=True):
            value = self.request.get(name)
            if value is not None and not _is_whole(value):
                self._fail(name, "invalid", _("Must be a whole number."))
                return
            cleaned[name] = fallback if value is None else value
        if (cleaned["width"], cleaned["height"]) not in pairs:
            choices = ", ".join(f"{width} × {height}" for width, height in pairs)
            width, height = (min(max(1, cleaned[side]), 9999) for side in ("width", "height"))
            nearest = min(pairs, key=lambda pair: aspect_ratio.unlikeness(pair, (width, height)))
            for name in ("width", "height"):
                self._fail(
                    name,
                    "choices",
                    _("%(model)s supports these sizes: %(choices)s. The nearest is %(nearest)s.")
                    % {
                        "model": self.offer.name,
                        "choices": choices,
                        "nearest": f"{nearest[0]} × {nearest[1]}",
                    },
                )


def _pair(size: object) -> tuple[int, int]:
    width, height = str(size).split("x")
    return int(width), int(height)


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


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise Invalid("invalid", _("Must be a string."))
    return value


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_whole(value: object) -> None:
    if not _is_whole(value):
        raise Invalid("invalid", _("Must be a whole number."))


def _seed(value: Any) -> int:
    _check_whole(value)
    if not 0 <= value <= SEED_MAX:
        code = "min_value" if value < 0 else "max_value"
        raise Invalid(code, _("Must be 0–%(max)d.") % {"max": SEED_MAX})
    return int(value)


def _style(value: object) -> str:
    if not isinstance(value, str) or len(value) > 50:
        raise Invalid("invalid", _("Must be the slug of a style."))
    return value


def _https_url(value: object) -> str:
    """Return an https address, "" for none. RunPod requests it, ArtGen never does."""
    address = _string(value).strip()
    if error := length_error(address, LORA_URL_MAX_LENGTH):
        raise Invalid(*error)
    if address and not _is_https(address):
        detail = _("Must be an https:// address without a user name, password or spaces.")
        raise Invalid("invalid", detail)
    return address


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise Invalid("invalid", _("Must be true or false."))
    return value


def _mask(value: object) -> str:
    if not isinstance(value, str) or len(value) > 50:
        raise Invalid("invalid", _("Must be the ID of an upload."))
    if not value:
        raise Invalid("required", _("Mark the area to change first."))
    return value


def _image(value: object) -> str:
    if not isinstance(value, str):
        raise Invalid("invalid", _("Must be the ID of an image."))
    if image_id := parse_uuid(value):
        return str(image_id)
    raise Invalid("does_not_exist", _("Image not found."))


def _webhook(value: object) -> str:
    if isinstance(value, str) and (webhook_id := parse_uuid(value)):
        return str(webhook_id)
    raise Invalid("does_not_exist", _("Webhook not found."))


def _sides(value: Any) -> dict[str, int]:
    if not isinstance(value, dict) or set(value) - set(SIDES):
        code = "unknown_field" if isinstance(value, dict) else "invalid"
        detail = _("Must be an object with some of: %(names)s.") % {"names": ", ".join(SIDES)}
        raise Invalid(code, detail)
    sides = {side: value.get(side, 0) for side in SIDES}
    if not all(_is_whole(percent) and 0 <= percent <= MAX_EXTENSION for percent in sides.values()):
        detail = _("Each side must be 0–%(max)d percent.") % {"max": MAX_EXTENSION}
        raise Invalid("max_value", detail)
    if not any(sides.values()):
        raise Invalid("min_value", _("Choose a side to extend."))
    return sides


CHECKS: dict[Kind, Callable[[Any], Any]] = {
    Kind.SEED: _seed,
    Kind.STYLE: _style,
    Kind.HTTPS_URL: _https_url,
    Kind.BOOLEAN: _boolean,
    Kind.MASK: _mask,
    Kind.IMAGE: _image,
    Kind.WEBHOOK: _webhook,
    Kind.SIDES: _sides,
}
"""Of values whose limits are those of every model."""


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
