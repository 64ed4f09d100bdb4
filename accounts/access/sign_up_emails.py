"""The email to an address that signs up, whether or not it has an account."""

from uuid import uuid4

from django.http import HttpRequest

from accounts.emails import outbox, texts
from accounts.models import User

EMAIL_SENT_TO = "letter_to"
"""Session key: the address that the page "Check your mail" shows."""


def enqueue(request: HttpRequest, email: str, *, next_page: str) -> None:
    """Send the link that confirms the address, or a note that there is an account."""
    user = User.objects.filter(email=email).first()
    # Both are rendered and one is sent, so the response time does not reveal accounts.
    invitation = texts.sign_up(email=email, next_page=next_page)
    known = user or User(id=uuid4(), email=email)
    reminder = (
        texts.account_closed(user=known) if known.erase_at else texts.account_exists(user=known)
    )
    outbox.enqueue(reminder if user else invitation)
    request.session[EMAIL_SENT_TO] = email
