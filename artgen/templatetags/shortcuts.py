"""Template tag for the scripts of keyboard shortcuts: `{% load shortcuts %}`."""

from functools import lru_cache

from django import template
from django.urls import reverse
from django.utils.html import json_script
from django.utils.safestring import SafeString

from artgen.web.shortcuts import BINDINGS

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=1)
def shortcut_keys() -> SafeString:
    """Return keys by the name of their shortcut, and the page of all, for js/shortcuts.js."""
    return json_script({"page": reverse("shortcuts"), "keys": BINDINGS}, "shortcut-keys")
