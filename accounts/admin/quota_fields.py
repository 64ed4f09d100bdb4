"""The fields of quotas in the admin, of a user and of a group."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts import job_app
from accounts.models import ANY_MODEL

QUOTAS_NOTE = _(
    "A user’s own value counts, else the most generous value of the user’s groups, else the "
    "default of this site. 0 allows nothing. To lift a limit, enter a very large number."
)


def choices(present: str) -> list[tuple[str, Any]]:
    """Return all models, and slugs of `present` that no longer name a model."""
    known = list(job_app.registered.models())
    gone = sorted(set(present.split()) - {ANY_MODEL, *(slug for slug, _name in known)})
    return [(ANY_MODEL, _("All models")), *known, *((slug, slug) for slug in gone)]


class ModelsField(forms.MultipleChoiceField):
    """Slugs of models as a text, separated by spaces; "" for none, which says nothing."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def prepare_value(self, value: object) -> Any:
        return value.split() if isinstance(value, str) else value

    def clean(self, value: object) -> str:
        chosen = super().clean(value)
        return ANY_MODEL if ANY_MODEL in chosen else " ".join(chosen)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial) or [], data)


class QuotaForm(forms.ModelForm):  # type: ignore[type-arg]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Without the permission to change it, the form lacks the field.
        if (text := self.fields.get("allowed_models")) is not None:
            known = choices(self.instance.allowed_models)
            self.fields["allowed_models"] = ModelsField(
                label=text.label, help_text=text.help_text, required=False, choices=known
            )
