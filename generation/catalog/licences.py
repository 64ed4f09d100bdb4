"""What the licence of a model allows, as its row names it."""

from typing import Any

from django.utils.translation import pgettext_lazy

NAMES: dict[str, Any] = {
    "apache": pgettext_lazy("licence", "Apache 2.0: any use"),
    "flux": pgettext_lazy("licence", "FLUX licence: commercial use of the model needs a contract"),
    "openrail": pgettext_lazy("licence", "OpenRAIL++-M: commercial use, some uses prohibited"),
    "stability": pgettext_lazy("licence", "Stability AI Community License"),
    "bsd": pgettext_lazy("licence", "BSD 3-Clause: any use"),
    "hosted": pgettext_lazy("licence", "Terms of its maker and the provider apply"),
    "own": pgettext_lazy("licence", "Licence of the checkpoint applies"),
}
"""A row may have another note, which is shown as it is."""
