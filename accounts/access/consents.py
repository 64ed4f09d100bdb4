"""Which versions of the site's documents a person has accepted, and when."""

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from artgen.web import legal
from artgen.web.legal import LegalDocument


def missing(user: User) -> list[LegalDocument]:
    """Return the documents whose present version the user has not accepted."""
    return [
        document
        for document in legal.documents()
        if document.version not in user.accepted_documents.get(document.name, {})
    ]


def accept(user: User, documents: list[LegalDocument]) -> None:
    """Store that the user accepts these versions now; earlier ones remain."""
    with transaction.atomic():
        accepted = User.objects.select_for_update().get(pk=user.pk).accepted_documents
        for document in documents:
            accepted.setdefault(document.name, {})[document.version] = timezone.now().isoformat()
        User.objects.filter(pk=user.pk).update(accepted_documents=accepted)
    user.accepted_documents = accepted
