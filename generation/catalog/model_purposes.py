"""What a model is good at: codes separated by spaces, by which the list of models is filtered."""

from typing import Any

from django.utils.translation import pgettext_lazy

NAMES: dict[str, Any] = {
    "fast": pgettext_lazy("purpose of a model", "Fast"),
    "photo": pgettext_lazy("purpose of a model", "Photos"),
    "text": pgettext_lazy("purpose of a model", "Text in images"),
    "best": pgettext_lazy("purpose of a model", "Best quality"),
}
