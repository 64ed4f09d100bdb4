"""The boxes for the site's documents, one each, none ticked."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from artgen.web.legal import LegalDocument


class ConsentForm(forms.Form):
    """Ask for each of the documents."""

    def __init__(self, *args: Any, documents: Sequence[LegalDocument]) -> None:
        super().__init__(*args)
        self.documents = documents
        for document in documents:
            self.fields[f"accept_{document.name}"] = forms.BooleanField(
                label=str(document.question),
                error_messages={"required": _("Tick the box to continue.")},
            )

    def boxes(self) -> list[tuple[LegalDocument, forms.BoundField]]:
        return [(document, self[f"accept_{document.name}"]) for document in self.documents]
