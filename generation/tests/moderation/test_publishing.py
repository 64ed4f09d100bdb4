"""Rules when images are submitted to Explore; trusted authors, appeals, emails."""

import pytest
from django.core import mail
from django.utils import translation

from accounts.emails import outbox
from generation.gallery.sharing import image_reports, publications
from generation.models import (
    ModerationRule,
    Publication,
    PublicationState,
    RuleAction,
    TrustedAuthor,
)
from generation.moderation.refusals import AlreadyDecided
from generation.testing.rows.gallery import SharingTestCase


class TestPublishing(SharingTestCase):
    """The image's prompt is “tea hills in mist”."""

    def rule(self, pattern="hill", **fields):
        return ModerationRule.objects.create(pattern=pattern, **fields)

    def letters(self):
        outbox.send_due()
        return [(letter.to, letter.subject) for letter in mail.outbox]

    def test_it_refuses_and_can_be_appealed(self):
        self.rule(category="other")
        with translation.override("en"), pytest.raises(publications.NotPublishable) as refusal:
            self.ask()
        assert "site rules (“hills”)" in refusal.value.message
        publication = publications.appeal(self.image)
        assert (publication.state, publication.reason) == (PublicationState.WAITING, "")
        with pytest.raises(AlreadyDecided):
            publications.appeal(self.image)
        publications.publish(publication, by=self.staff)
        assert self.visibility() == "public"
        assert self.letters() == [([self.alice.email], "Your image is in Explore")]

    def test_it_appeals_no_decision_of_a_moderator(self):
        self.rule(action=RuleAction.FLAG)
        publication = self.ask()
        publications.refuse(publication, by=self.staff, reason="Too dark")
        with pytest.raises(AlreadyDecided):
            publications.appeal(self.image)
        # Also after the moderator's account has gone.
        Publication.objects.update(decided_by=None)
        with pytest.raises(AlreadyDecided):
            publications.appeal(self.image)

    def test_it_tells_of_a_removal_and_not_of_a_report_that_came_to_nothing(self):
        publication = self.published()
        mail.outbox.clear()
        self.letters()
        mail.outbox.clear()
        image_reports.report(publication, reporter="1.1.1.1", kind="other", words="")
        publications.publish(publication, by=self.staff)
        assert self.letters() == []
        publications.refuse(publication, by=self.staff, reason="no")
        assert self.letters() == [([self.alice.email], "Your image was removed from Explore")]

    def test_a_trusted_author_waits_where_a_rule_finds_something(self):
        TrustedAuthor.objects.create(user=self.alice)
        for action in (RuleAction.FLAG, RuleAction.HOLD):
            rule = self.rule(action=action)
            publication = self.ask()
            assert publication.state == PublicationState.WAITING
            assert publication.matches[0]["words"] == ["hills"]
            publications.withdraw(self.image)
            rule.delete()

    def test_it_applies_where_the_rule_says(self):
        self.rule(at_publishing=False)
        assert self.ask().state == PublicationState.WAITING

    def test_it_tells_the_owner_of_a_rejection_with_the_reason(self):
        publications.refuse(self.ask(), by=self.staff, reason="Too dark")
        assert self.letters() == [([self.alice.email], "Your image was not approved for Explore")]
        assert "Reason: Too dark" in mail.outbox[0].body

    def test_a_trusted_author_is_published_at_once(self):
        TrustedAuthor.objects.create(user=self.alice)
        publication = self.ask()
        assert publication.state == PublicationState.PUBLISHED
        assert self.visibility() == "public"
