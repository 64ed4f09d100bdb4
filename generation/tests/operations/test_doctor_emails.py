"""`doctor`: emails that nothing sends, that cannot be sent, and that were given up."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts import outbox
from accounts.models import OutgoingEmail
from generation.operations.doctor.emails import emails


@pytest.fixture
def email(db: None) -> OutgoingEmail:
    outbox.enqueue(EmailMessage("Subject", "Text", to=["alice@example.org"]))
    return OutgoingEmail.objects.get()


def test_it_is_content_without_emails_and_with_new_ones(email: OutgoingEmail) -> None:
    assert (emails().ok, emails().hint) == (True, "")
    email.delete()
    assert (emails().ok, emails().hint) == (True, "")


def test_it_notices_emails_that_nothing_sends(email: OutgoingEmail) -> None:
    OutgoingEmail.objects.update(due_at=timezone.now() - timedelta(minutes=5))
    assert not emails().ok
    assert "1 are due" in emails().detail
    assert "lane slow" in emails().hint


def test_it_names_the_error_of_the_mail_server(email: OutgoingEmail, settings) -> None:
    settings.EMAIL_HOST_PASSWORD = "hunter22"
    OutgoingEmail.objects.update(
        attempts=3, due_at=timezone.now(), last_error="535 bad password hunter22"
    )
    assert not emails().ok
    assert emails().detail == "1 could not be sent yet: 535 bad password ***"
    assert "email_server" in emails().hint


def test_it_warns_of_emails_that_were_given_up(email: OutgoingEmail) -> None:
    OutgoingEmail.objects.update(due_at=None, body="", last_error="550 refused")
    assert emails().is_warning
    assert emails().detail == "1 given up in 7 days, the last one: 550 refused"
