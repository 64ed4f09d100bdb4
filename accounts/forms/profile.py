"""Name, language and time zone, and what the composer proposes."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from accounts.models import PromptHelp, User


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("name", "language", "time_zone", "prompt_help")
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}
        help_texts = {"language": "", "time_zone": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = language_field()
        self.fields["time_zone"] = time_zone_field()
        if settings.PROMPT_HELPER_URL:
            self.fields["prompt_help"] = forms.ChoiceField(
                label=_("Propose before creating"), required=False, choices=PromptHelp.choices
            )
        else:
            del self.fields["prompt_help"]


def language_choices() -> list[tuple[str, Any]]:
    """Return the languages with their own names; "": that of the browser."""
    languages = [
        (code, get_language_info(code)["name_local"].capitalize())
        for code, _name in settings.LANGUAGES
    ]
    return [("", _("Same as browser")), *languages]


def language_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Language"), required=False, choices=language_choices())


def time_zone_field() -> forms.ChoiceField:
    """Return the choice of a time zone, grouped by region; empty: that of the server."""
    server = format_lazy("{} ({})", _("Same as server"), settings.TIME_ZONE)
    return forms.ChoiceField(
        label=_("Time zone"), required=False, choices=[("", server), *_time_zones()]
    )


@cache
def _time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(available_timezones()):
        region, _slash, city = name.partition("/")
        if city and region not in ("Etc", "SystemV", "US", "Canada", "Brazil", "Chile", "Mexico"):
            regions.setdefault(region, []).append(
                (name, city.replace("_", " ").replace("/", " / "))
            )
    return [*regions.items(), ("UTC", [("UTC", "UTC")])]
