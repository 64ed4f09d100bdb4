"""Other programs: the names of models that they send, and those of ours that stand for them."""

from django.core.exceptions import ImproperlyConfigured

from artgen.environment.env import env

_DRAWING = "flux-dev,flux-kontext,sdxl-inpaint"
MODEL_ALIASES: dict[str, list[str]] = {}
"""Name, in which `*` stands for anything, to slugs; the first that can do a request does it."""
_aliases = env.str(
    "MODEL_ALIASES",
    default=f"gpt-image-*={_DRAWING} chatgpt-image-latest={_DRAWING} "
    "dall-e-*=flux-schnell,flux-kontext,sdxl-inpaint",
)
for _alias in [] if _aliases == "none" else _aliases.split():
    _name, _equals, _slugs = _alias.partition("=")
    if not _name or not _slugs:
        raise ImproperlyConfigured(
            f"MODEL_ALIASES has {_alias!r}: it must be like gpt-image-*=flux-dev,flux-kontext."
        )
    MODEL_ALIASES[_name] = _slugs.split(",")
