"""Other programs: the names of models that they send, and those of ours that stand for them."""

from django.core.exceptions import ImproperlyConfigured

from artgen.environment.env import env

_EDITING = "flux-kontext,sdxl-inpaint,qwen-image-edit-2511,seedream-4-edit,p-image-edit"
MODEL_ALIASES: dict[str, list[str]] = {}
"""Name, in which `*` stands for anything, to slugs; the first that can do a request does it."""
_aliases = env.str(
    "MODEL_ALIASES",
    default=f"gpt-image-*=flux-dev,{_EDITING} chatgpt-image-latest=flux-dev,{_EDITING} "
    f"dall-e-*=flux-schnell,{_EDITING}",
)
for _alias in [] if _aliases == "none" else _aliases.split():
    _name, _equals, _slugs = _alias.partition("=")
    if not _name or not _slugs:
        raise ImproperlyConfigured(
            f"MODEL_ALIASES has {_alias!r}: it must be like gpt-image-*=flux-dev,flux-kontext."
        )
    MODEL_ALIASES[_name] = _slugs.split(",")
