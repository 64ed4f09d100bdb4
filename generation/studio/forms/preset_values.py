"""Presets and the composer: which values a preset has, applying them, describing them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.limits.quotas import Quotas
from artgen.refusals import FieldError, Refusal
from generation.catalog.job_parameters import SLIDERS, SliderArea
from generation.catalog.offers import BATCH_MAX, InvalidParameters
from generation.catalog.shapes import size_of
from generation.models import ImageModel
from generation.studio.forms.composer import Composer
from generation.studio.forms.field_texts import is_whole
from generation.studio.presets.composer_choices import StyleChoice

NOT_KEPT = {"prompt", "original_prompt", "source_images"}
"""Fields of the composer that presets do not have."""


def values_of(form: Composer, *, styles: Sequence[StyleChoice]) -> dict[str, str]:
    """Return the values of a filled composer for a preset; `styles` are those the user can choose.

    Raises:
        Refusal: a value is outside the model's limits.
    """
    if errors := _errors(form):
        raise Refusal(_("Correct the settings first: %(why)s") % {"why": _joined(errors)})
    values = {"model": form.model.slug, "count": str(form.count)}
    if form.exact and form.has_exact_size:
        values |= {"exact": "1", "width": form.width, "height": form.height}
    elif form.shapes:
        values["shape"] = form.shape
    if form.style in {style.slug for style in styles}:
        values["style"] = form.style
    has_lora = form.takes_lora and bool(form.lora_url.strip())
    names = [
        name
        for name, parameter in SLIDERS.items()
        if name in form.parameters and (has_lora or parameter.slider is not SliderArea.LORA)
    ]
    names += ["seed"] if form.has_seed else []
    names += ["lora_url"] if form.takes_lora else []
    names += ["negative_prompt"] if form.has_negative_prompt else []
    return values | {name: text for name in names if (text := form.texts.get(name, "").strip())}


def apply(
    values: Mapping[str, str],
    *,
    onto: Composer,
    models: Sequence[ImageModel],
    allowed: Quotas,
    styles: Sequence[StyleChoice],
) -> Composer:
    """Return the composer with the values, as far as they can be used now.

    Prompt and source images of `onto` stay, and its model if that of the preset is not usable.
    """
    usable = [model for model in models if allowed.allows_model(model.slug)]
    model = next((model for model in usable if model.slug == values.get("model")), None)
    form = Composer(
        model=model or onto.model,
        texts={name: text for name, text in onto.texts.items() if name in NOT_KEPT},
        sources=onto.sources,
        roles=onto.roles,
        quotas=allowed,
    )
    if model is None:
        text = _("Its model “%(model)s” isn’t available. %(current)s stays selected.")
        name = _model_name(values.get("model", ""))
        form.left_out.append(text % {"model": name, "current": onto.model.name})
    _apply_size(form, values)
    _apply_texts(form, values)
    if style := values.get("style"):
        if style in {choice.slug for choice in styles}:
            form.texts["style"] = style
        else:
            form.left_out.append(_("Its style no longer exists."))
    _apply_count(form, values)
    _drop_wrong(form)
    return form


def described(
    values: Mapping[str, str], *, model_name: str, style_name: str
) -> list[tuple[str, str]]:
    width, height = values.get("width", ""), values.get("height", "")
    if size := size_of(values.get("shape", "")):
        width, height = map(str, size)
    rows = [
        (_("Model"), model_name),
        (_("Style"), style_name),
        (_("Size"), f"{width} × {height}" if width and height else ""),
        (_("Number of images"), values.get("count", "")),
        (_("Negative prompt"), values.get("negative_prompt", "")),
        *((str(parameter.label), values.get(name, "")) for name, parameter in SLIDERS.items()),
        (_("Seed"), values.get("seed", "")),
        (_("LoRA address"), values.get("lora_url", "")),
    ]
    return [(label, text) for label, text in rows if text]


@dataclass(frozen=True)
class PresetModels:
    """Names of the models that presets select, and which of them can be selected now."""

    names: Mapping[str, str]
    selectable: frozenset[str]

    @classmethod
    def of(cls, allowed: Quotas | None) -> "PresetModels":
        """Return the models of a user with these quotas, or of a visitor; one query."""
        rows = ImageModel.objects.values_list("slug", "name", "enabled")
        names = {slug: name for slug, name, _enabled in rows}
        return cls(
            names,
            frozenset(
                slug
                for slug, _name, is_enabled in rows
                if is_enabled and (allowed is None or allowed.allows_model(slug))
            ),
        )

    def text(self, slug: str) -> str:
        """Return the name of a model, and whether it can be selected; the slug if it is deleted."""
        name = self.names.get(slug, slug)
        if not slug or slug in self.selectable:
            return name
        return _("%(model)s (unavailable)") % {"model": name}


def _model_name(slug: str) -> str:
    """Return the name of the model, also if it is not enabled; the slug if it was deleted."""
    name = ImageModel.objects.filter(slug=slug).values_list("name", flat=True).first()
    return name or slug


def _apply_size(form: Composer, values: Mapping[str, str]) -> None:
    if values.get("exact"):
        width, height = values.get("width", ""), values.get("height", "")
        form.texts["shape"] = f"{width}x{height}"
        if form.has_exact_size:
            form.exact = True
            form.texts |= {"width": width, "height": height}
            return
    elif shape := values.get("shape"):
        form.texts["shape"] = shape
    else:
        return
    wanted = size_of(form.texts["shape"])
    if wanted and form.shapes and form.size != wanted:
        form.left_out.append(_closest(form, wanted))


def _closest(form: Composer, wanted: tuple[int, int]) -> str:
    width, height = form.size or wanted
    text = _("The size %(wanted)s isn’t available: %(used)s is selected.")
    return text % {"wanted": "{} × {}".format(*wanted), "used": f"{width} × {height}"}


def _apply_texts(form: Composer, values: Mapping[str, str]) -> None:
    for name in (*SLIDERS, "seed", "lora_url", "negative_prompt"):
        text = values.get(name)
        if not text:
            continue
        if name in form.parameters or (name == "seed" and form.has_seed):
            form.texts[name] = text
        else:
            unused = _("%(model)s doesn’t use its setting “%(name)s”.")
            form.left_out.append(unused % {"model": form.model.name, "name": _label(name)})


def _apply_count(form: Composer, values: Mapping[str, str]) -> None:
    text = values.get("count", "")
    if not is_whole(text) or not 1 <= int(text) <= BATCH_MAX:
        return
    form.texts["count"] = text
    if int(text) > form.max_count:
        form.texts["count"] = str(form.max_count)
        limited = _("%(count)s images at a time are more than your limit: %(limit)s are selected.")
        form.left_out.append(limited % {"count": text, "limit": form.max_count})


def _drop_wrong(form: Composer) -> None:
    for error in _errors(form):
        if error.field in ("width", "height"):
            if form.exact:
                wanted = size_of(form.texts.get("shape", ""))
                form.exact = False
                form.texts.pop("width", None)
                form.texts.pop("height", None)
                if wanted:
                    form.left_out.append(_closest(form, wanted))
        elif form.texts.pop(error.field, None) is not None:
            form.left_out.append(f"{_label(error.field)}: {error.detail}")


def _errors(form: Composer) -> list[FieldError]:
    """Return what the model's limits do not allow, prompt and source images aside."""
    # With a source image, because without one no strength is sent.
    filled = Composer(model=form.model, texts=form.texts, sources=["x"], exact=form.exact)
    request: dict[str, Any] = filled.request() | {"prompt": "x", "source_images": []}
    del request["model"]
    try:
        form.offer.clean(request)
    except InvalidParameters as refused:
        return [error for error in refused.errors if error.field not in NOT_KEPT]
    return []


def _label(name: str) -> str:
    if name in SLIDERS:
        return str(SLIDERS[name].label)
    labels = {
        "seed": _("Seed"),
        "lora_url": _("LoRA address"),
        "negative_prompt": _("Negative prompt"),
    }
    return labels.get(name, name)


def _joined(errors: Sequence[FieldError]) -> str:
    return " ".join(f"{_label(error.field)}: {error.detail}" for error in errors)
