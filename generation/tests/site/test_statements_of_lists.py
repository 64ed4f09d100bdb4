"""More rows cost no page, no list of the API and none of the admin a statement more."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.credits import ledger, vouchers
from accounts.credits.vouchers import VoucherTerms
from accounts.models import CreditRequest, User
from accounts.tokens import tokens
from generation.gallery import collections, tagging
from generation.gallery.sharing import publications
from generation.jobs.placing import drafts
from generation.models import Image, Job, PromptReview, Report, ReviewState, Status
from generation.studio.comparisons import comparison_order, word_lists
from generation.studio.comparisons.comparison_request import clean
from generation.studio.presets import own_styles, presets
from generation.testing import orders
from generation.testing.cases import make_user
from generation.testing.clock import held_clock
from generation.testing.isolation.routes import site_routes
from generation.testing.isolation.rules import rule_of
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.gallery import GalleryTestCase


@pytest.mark.slow
class TestStatementsOfLists(GalleryTestCase):
    def statements(self, address: str) -> int:
        self.client.get(address)  # what is cached
        with CaptureQueriesContext(connection) as queries:
            assert self.client.get(address).status_code < 500
        return len(queries)

    def finish(self) -> None:
        """Give each active job an image."""
        for job in Job.objects.active().filter(user=self.alice):
            Job.objects.filter(id=job.id).update(
                status=Status.SUCCEEDED, due_at=None, finished_at=timezone.now()
            )
            make_image(self.alice, job=Job.objects.get(id=job.id))

    @held_clock()
    def test_it_is_the_same_for_every_address_without_argument(self) -> None:
        """For a user who sees what staff see, and has rows of each kind."""
        User.objects.filter(pk=self.alice.pk).update(is_staff=True, is_superuser=True)
        addresses = [
            route.path
            for route in site_routes()
            if not route.arguments and (rule := rule_of(route)) and "GET" in rule.methods
        ]
        assert len(addresses) > 100
        self.client.get("/account/security/")  # lists this session from now on
        self.add(0)
        with_one = {address: self.statements(address) for address in addresses}
        for number in range(1, 6):
            self.add(number)
        assert {address: self.statements(address) for address in addresses} == with_one

    def add(self, number: int) -> None:
        """Add a row of each kind that pages list, to alice and to the queues of staff."""
        alice, name = self.alice, f"number{number}"
        asked = {"prompt": "A {a|b|c} kite", "models": ["flux-schnell"], "seed": number}
        comparison_order.place(user=alice, comparison=clean(asked))
        request = {"model": "flux-schnell", "prompt": "A kite"}
        orders.place_batch(user=alice, requests=drafts.repeated(request, count=2))
        self.finish()
        make_job(alice, status=Status.FAILED)
        make_job(self.bob, status=Status.SUBMITTED)
        make_image(alice, trashed_at=timezone.now())
        public, waiting = make_image(alice), make_image(alice)
        publication = publications.ask_to_publish(public, with_parameters=True, with_name=True)
        publications.publish(publication, by=self.staff)
        publications.ask_to_publish(waiting, with_parameters=True, with_name=True)
        Report.objects.create(
            publication=publication, reporter=name, kind="other", created_at=timezone.now()
        )
        collections.add(collections.create(user=alice, name=name), image_ids=[public.id])
        tagging.replace(public, names=[name])
        style = own_styles.create(user=alice, name=name, template="{prompt}!", negative="")
        values = {"model": "flux-dev", "style": style.slug, "steps": str(20 + number)}
        presets.share(presets.create(user=alice, name=name, values=values))
        word_lists.create(user=alice, name=name, entries=["a", "b"])
        ledger.grant(user=alice, amount=1, reason=name)
        vouchers.create(VoucherTerms(amount=1))
        tokens.issue(user=alice, name=name)
        CreditRequest.objects.create(user=make_user(f"{name}@example.org"), note="for a poster")
        CreditRequest.objects.create(
            user=alice, note="again", state="withdrawn", decided_at=timezone.now()
        )
        for state in (ReviewState.REFUSED, ReviewState.WAITING):
            PromptReview.objects.create(
                user=alice, state=state, prompt="a knife", digest=f"{state} {number}",
                requests=[request], matches=[], created_at=timezone.now(),
            )  # fmt: skip

    @held_clock()
    def test_it_is_the_same_for_a_larger_comparison(self) -> None:
        counts = []
        for words in ("{a|b}", "{a|b|c|d|e|f|g|h}{1|2|3|4}"):
            placed = comparison_order.place(
                user=self.alice,
                comparison=clean({"prompt": f"A {words}", "models": ["flux-schnell"]}),
            )
            self.finish()
            counts.append(self.statements(reverse("sheet", args=[placed.batch])))
        assert counts[0] == counts[1]

    @held_clock()
    def test_it_is_the_same_for_a_larger_batch(self) -> None:
        counts = []
        for count in (2, 8):
            request = {"model": "flux-schnell", "prompt": "A kite"}
            batch = orders.place_batch(
                user=self.alice, requests=drafts.repeated(request, count=count)
            )
            self.finish()
            image = Image.objects.filter(job__batch=batch.jobs[0].batch).first()
            assert image is not None
            counts.append(
                [
                    self.statements(reverse(name, args=[image.id]))
                    for name in ("image", "compare_image")
                ]
            )
        assert counts[0] == counts[1]
