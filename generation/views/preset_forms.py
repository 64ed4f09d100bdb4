"""The composer with the values of a preset, and without an own style that no longer exists."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from accounts.limits.quotas import Quotas
from accounts.models import User
from artgen.ids import parse_uuid
from generation.forms import presets as preset_values
from generation.forms.composer import Composer
from generation.models import ImageModel, Preset
from generation.models.presets import OWN_STYLE_PREFIX
from generation.presets import choices, own_styles


def with_preset(
    user: User,
    form: Composer | None,
    given: Mapping[str, str],
    *,
    models: list[ImageModel],
    allowed: Quotas,
) -> Composer | None:
    """Return the form with the values of the user's preset `given["preset"]`, if there is one."""
    preset_id = parse_uuid(given.get("preset", ""))
    if form is None or preset_id is None:
        return form
    preset = Preset.objects.of(user).present().filter(id=preset_id).first()
    if preset is None:
        form.left_out = [_("The preset was deleted.")]
        return form
    styles = choices.of_user(user).styles
    applied = preset_values.apply(
        preset.values, onto=form, models=models, allowed=allowed, styles=styles
    )
    applied.form.left_out = applied.left_out
    return applied.form


def drop_missing_style(user: User, form: Composer, *, name: str) -> None:
    """Choose no style if the form's own style was deleted, and say so; `name`: as it was."""
    slug = form.style
    if slug.startswith(OWN_STYLE_PREFIX) and own_styles.find(user, slug) is None:
        del form.texts["style"]
        form.left_out = [_("The style “%(name)s” was deleted.") % {"name": name}]
