"""Presets: save, apply, update, rename, arrange, delete, restore, share by a secret link.

The values are texts of the composer's fields; `generation.forms.presets` reads and applies them.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.limits import rate_limits
from accounts.models import User
from artgen.refusals import FieldError, Refusal
from generation.models import Preset
from generation.models.presets import OWN_STYLE_PREFIX, PRESET_NAME_MAX
from generation.presets import names, own_styles
from generation.presets.own_styles import StyleText

MAX_PRESETS = 100
RESTORE_PERIOD = timedelta(days=1)
SLUG_BYTES = 18  # 144 random bits, as links of images


class InvalidPreset(Refusal):
    """Name or values of a preset are invalid; nothing was changed."""


class TooManyPresets(Refusal):
    """The user has as many presets as one user may have."""

    code = "too_many_presets"
    status = 409
    text = gettext_lazy("The limit of presets is reached. Delete one first.")

    def __init__(self) -> None:
        super().__init__(limit=MAX_PRESETS)


@dataclass(frozen=True)
class SharedPreset:
    """A preset as people with its link see it."""

    preset: Preset
    values: Mapping[str, str]
    style: StyleText | None
    """The owner's own style, if the preset has one that still exists."""


def of_user(user: User) -> list[Preset]:
    return list(Preset.objects.of(user).present().in_order())


def create(*, user: User, name: str, values: Mapping[str, str]) -> Preset:
    """Return a new preset, the last one; raise InvalidPreset, TooManyPresets or TooManyTries."""
    name = _clean_name(name)
    with transaction.atomic():
        User.objects.select_for_update().only("pk").get(pk=user.pk)
        positions = list(Preset.objects.of(user).present().values_list("position", flat=True))
        if len(positions) >= MAX_PRESETS:
            raise TooManyPresets
        made = Preset(
            user=user,
            name=name,
            folded_name=names.folded(name),
            values=dict(values),
            position=max(positions, default=0) + 1,
            created_at=timezone.now(),
        )
        _check_free(made, made.folded_name)
        rate_limits.spend("presets", user.pk)
        made.save(force_insert=True)
    return made


def revert(preset: Preset) -> Preset:
    """Exchange the values with those before the last update."""
    if preset.previous_values is None:
        return preset
    return _updated(preset, values=preset.previous_values, previous_values=preset.values)


def change(
    preset: Preset, *, name: str | None = None, values: Mapping[str, str] | None = None
) -> Preset:
    """Change name or values, or both; None leaves them. `revert` brings the old values back.

    Raises:
        InvalidPreset, TooManyTries: nothing was changed.
    """
    fields: dict[str, object] = {}
    if name is not None:
        name = _clean_name(name)
        _check_free(preset, names.folded(name))
        fields |= {"name": name, "folded_name": names.folded(name)}
    if values is not None and dict(values) != preset.values:
        fields |= {"previous_values": preset.values, "values": dict(values)}
    if not fields:
        return preset
    rate_limits.spend("presets", preset.user_id)
    return _updated(preset, **fields)


def move(preset: Preset, *, by: int) -> None:
    """Move the preset up (-1) or down (1) among the user's presets."""
    with transaction.atomic():
        User.objects.select_for_update().only("pk").get(pk=preset.user_id)
        ids = [one.id for one in of_user(preset.user)]
        if preset.id not in ids:
            return
        at = ids.index(preset.id)
        to = min(max(at + by, 0), len(ids) - 1)
        ids.insert(to, ids.pop(at))
        for position, preset_id in enumerate(ids, start=1):
            Preset.objects.filter(id=preset_id).exclude(position=position).update(position=position)


def delete(preset: Preset) -> Preset:
    """Delete the preset; its link stops working. `restore` works for RESTORE_PERIOD."""
    return preset if preset.deleted_at else _updated(preset, deleted_at=timezone.now())


def restore(preset: Preset) -> Preset:
    """Restore a deleted preset; raise InvalidPreset if another has its name now."""
    if not preset.deleted_at:
        return preset
    if Preset.objects.of(preset.user_id).present().count() >= MAX_PRESETS:
        raise TooManyPresets
    _check_free(preset, preset.folded_name)
    return _updated(preset, deleted_at=None)


def share(preset: Preset) -> Preset:
    """Create a link; a preset that has one keeps it."""
    if preset.link_slug:
        return preset
    return _updated(preset, link_slug=secrets.token_urlsafe(SLUG_BYTES))


def stop_sharing(preset: Preset) -> Preset:
    """Turn the link off; a later one has another secret."""
    return _updated(preset, link_slug=None)


def find(slug: str) -> SharedPreset | None:
    """Return the shared preset of this secret; None if unknown, turned off or deleted."""
    shared = Preset.objects.present().filter(link_slug=slug, user__is_active=True)
    preset = shared.select_related("user").first()
    return _as_shared(preset) if preset else None


def save_shared(shared: SharedPreset, *, user: User) -> Preset:
    """Save a copy of a shared preset, with its style, among the user's; the same one only once.

    Raises:
        TooManyPresets, TooManyStyles: nothing was saved.
    """
    with transaction.atomic():
        values = dict(shared.values)
        if shared.style:
            values["style"] = own_styles.copied(shared.style, user=user).slug
        own = of_user(user)
        if same := next((one for one in own if one.values == values), None):
            return same
        taken = {one.folded_name for one in own}
        name = own_styles.unused(shared.preset.name, taken=taken, limit=PRESET_NAME_MAX)
        return create(user=user, name=name, values=values)


def forget_deleted(*, deleted_before: datetime) -> None:
    """Delete permanently the presets that were deleted before then."""
    Preset.objects.filter(deleted_at__lt=deleted_before).delete()


def _as_shared(preset: Preset) -> SharedPreset:
    values = {**preset.values}
    style = None
    if values.get("style", "").startswith(OWN_STYLE_PREFIX):
        style = own_styles.find(preset.user, values.pop("style"))
    if address := values.get("lora_url"):  # its query may contain a key
        values["lora_url"] = urlunsplit((*urlsplit(address)[:3], "", ""))
    return SharedPreset(preset, values, style)


def _clean_name(name: str) -> str:
    name = names.cleaned(name)
    if errors := names.problems("name", name, limit=PRESET_NAME_MAX):
        raise InvalidPreset(errors=errors)
    return name


def _check_free(preset: Preset, folded_name: str) -> None:
    same = Preset.objects.of(preset.user_id).present().filter(folded_name=folded_name)
    if same.exclude(id=preset.id).exists():
        raise _taken()


def _taken() -> InvalidPreset:
    detail = _("You have a preset with this name. Choose another name.")
    return InvalidPreset(errors=[FieldError("name", "unique", detail)])


def _updated(preset: Preset, **fields: object) -> Preset:
    try:
        with transaction.atomic():
            Preset.objects.filter(id=preset.id).update(**fields)
    except IntegrityError as error:  # another request has taken the name meanwhile
        raise _taken() from error
    for name, value in fields.items():
        setattr(preset, name, value)
    return preset
