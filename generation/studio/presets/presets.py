"""Presets: save, update, rename, arrange, share by a secret link. `named_rows` deletes them.

The values are texts of the composer's fields; `studio.forms.preset_values` reads and applies them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import transaction

from accounts.models import User
from generation.models import Preset
from generation.models.presets import OWN_STYLE_PREFIX, PRESET_NAME_MAX
from generation.owned_rows import link_secrets, named_rows, names
from generation.studio.presets import own_styles
from generation.studio.presets.own_styles import StyleText


@dataclass(frozen=True)
class SharedPreset:
    preset: Preset
    values: Mapping[str, str]
    style: StyleText | None
    """The owner's own style, if the preset has one that still exists."""


def of_user(user: User) -> list[Preset]:
    return list(Preset.objects.of(user).present().in_order())


def create(*, user: User, name: str, values: Mapping[str, str]) -> Preset:
    name = names.checked(name, limit=PRESET_NAME_MAX)
    return named_rows.create(Preset(user=user, name=name, values=dict(values)))


def revert(preset: Preset) -> Preset:
    """Exchange the values with those before the last update."""
    if preset.previous_values is None:
        return preset
    return named_rows.store(preset, values=preset.previous_values, previous_values=preset.values)


def change(
    preset: Preset, *, name: str | None = None, values: Mapping[str, str] | None = None
) -> Preset:
    """Change name or values; None leaves them, `revert` undoes the values. Raise Refusal."""
    fields: dict[str, Any] = {}
    if name is not None:
        fields["name"] = names.checked(name, limit=PRESET_NAME_MAX)
    if values is not None and dict(values) != preset.values:
        fields |= {"previous_values": preset.values, "values": dict(values)}
    return named_rows.change(preset, **fields) if fields else preset


def move(preset: Preset, *, by: int) -> None:
    """Move the preset up (-1) or down (1) among the user's presets."""
    with transaction.atomic():
        User.objects.select_for_update().only("pk").get(pk=preset.user_id)
        ids = [row.id for row in of_user(preset.user)]
        if preset.id not in ids:
            return
        at = ids.index(preset.id)
        to = min(max(at + by, 0), len(ids) - 1)
        ids.insert(to, ids.pop(at))
        for position, preset_id in enumerate(ids, start=1):
            Preset.objects.filter(id=preset_id).exclude(position=position).update(position=position)


def share(preset: Preset) -> Preset:
    """Create a link; a preset that has one keeps it."""
    if preset.link_slug:
        return preset
    return named_rows.store(preset, link_slug=link_secrets.new_slug())


def stop_sharing(preset: Preset) -> Preset:
    """Turn the link off; a later one has another secret."""
    return named_rows.store(preset, link_slug=None)


def find(slug: str) -> SharedPreset | None:
    """Return the shared preset of this secret; None if unknown, turned off or deleted."""
    shared = Preset.objects.present().filter(link_slug=slug, user__is_active=True)
    preset = shared.select_related("user").first()
    return _as_shared(preset) if preset else None


def save_shared(shared: SharedPreset, *, user: User) -> Preset:
    """Save a copy of a shared preset, with its style, among the user's; the same one only once.

    Raises:
        TooMany: there is no room for the copy; nothing was saved.
    """
    with transaction.atomic():
        values = dict(shared.values)
        if shared.style:
            values["style"] = own_styles.find_or_copy(shared.style, user=user).slug
        own = of_user(user)
        if same := next((preset for preset in own if preset.values == values), None):
            return same
        taken = {preset.folded_name for preset in own}
        name = names.unused(shared.preset.name, taken=taken, limit=PRESET_NAME_MAX)
        return create(user=user, name=name, values=values)


def _as_shared(preset: Preset) -> SharedPreset:
    values = {**preset.values}
    style = None
    if values.get("style", "").startswith(OWN_STYLE_PREFIX):
        style = own_styles.find(preset.user, values.pop("style"))
    if address := values.get("lora_url"):  # its query may contain a key
        values["lora_url"] = urlunsplit((*urlsplit(address)[:3], "", ""))
    return SharedPreset(preset, values, style)
