"""Terms, privacy policy and consent to personal data: their pages and links."""

from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

TITLES = {
    "terms": _("Terms of service"),
    "privacy": _("Privacy policy"),
    "consent": _("Consent to the processing of personal data"),
}
QUESTIONS = {
    "terms": _("I accept the terms of service"),
    "privacy": _("I have read the privacy policy"),
    "consent": _("I consent to the processing of my personal data"),
}


@dataclass(frozen=True)
class LegalDocument:
    """A document in the active language, else in another one."""

    name: str
    version: str
    text: str
    url: str
    """Its page here or of the operator."""

    @property
    def title(self) -> Promise:
        return TITLES[self.name]

    @property
    def question(self) -> Promise:
        return QUESTIONS[self.name]


def documents() -> list[LegalDocument]:
    """Return the documents of this site; none by default."""
    language = get_language() or ""
    return [
        LegalDocument(
            name,
            document.version,
            document.text,
            document.address or reverse("document", args=[name]),
        )
        for name, by_language in settings.LEGAL_DOCUMENTS.items()
        if (document := by_language.get(language) or next(iter(by_language.values())))
    ]


@require_safe
def document(request: HttpRequest, document_name: str) -> HttpResponse:
    """Show the text of a document; 404 if it has none."""
    for shown in documents():
        if shown.name == document_name and shown.text:
            return render(request, "artgen/document.html", {"document": shown})
    raise Http404
