"""Every order of the studio carries the price that its page has shown; a higher one is refused."""

import json
import re
from html import unescape

from django.urls import reverse

from generation.models import ImageModel, Job, Status
from generation.testing.pages.html import flat
from generation.testing.rows.api import make_image, make_job, stored
from generation.tests.views.image.test_edit_pages import EditPagesTestCase

SCRIPT = {"X-Part": "1"}
CREATE = {"model": "flux-dev", "prompt": "a kite", "shape": "1024x1024", "count": "2"}
COMPARE = {"models": ["flux-dev"], "prompt": "A {red|blue} kite", "key": "one"}


def hidden_of(html):
    """Return the hidden fields of a form, or of the part of one."""
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html)
    return {name: unescape(value) for name, value in inputs if name != "csrfmiddlewaretoken"}


class ShownPriceTestCase(EditPagesTestCase):
    def raise_prices(self):
        ImageModel.objects.update(price={"per_image": 20})

    def form_of(self, page, action):
        """Return the hidden fields of the page's last form with this address: the usual one."""
        _before, found, form = page.rpartition(f'action="{action}"')
        assert found, action
        return hidden_of(form.partition("</form>")[0])

    def queued(self):
        return Job.objects.filter(status=Status.QUEUED)

    def refused(self, address, form, **options):
        before = stored()
        answer = self.client.post(address, form, **options)
        assert answer.status_code == 402
        assert stored() == before
        return flat(answer).replace("\N{NO-BREAK SPACE}", " ")


class TestCreate(ShownPriceTestCase):
    address = reverse("create")

    def shown(self, **fields):
        return hidden_of(flat(self.client.get(reverse("quote"), CREATE | fields)))

    def test_it_refuses_a_price_that_rose_and_shows_the_new_one_on_the_button(self):
        form = CREATE | self.shown() | {"key": "one"}
        assert form["max_credits"] == "6"
        self.raise_prices()
        for options in ({}, {"headers": SCRIPT}):
            page = self.refused(self.address, form, **options)
            assert "The price is now 40 credits, not 6." in page
            assert hidden_of(page)["max_credits"] == "40"
            assert "<span>40 credits</span>" in page
        accepted = self.client.post(self.address, form | {"max_credits": "40"}, headers=SCRIPT)
        assert accepted.status_code == 201
        assert sum(job.credits for job in self.queued()) == 40

    def test_a_quote_of_a_moment_before_buys_nothing_dearer(self):
        form = CREATE | self.shown() | {"count": "4"}  # the new quote has not come yet
        assert "The price is now 12 credits, not 6." in self.refused(self.address, form)

    def test_it_bounds_drafts_by_the_price_of_their_button(self):
        ImageModel.objects.exclude(slug="p-image").update(price={"per_image": 3})
        shown = self.shown()
        form = CREATE | shown | {"draft": "p-image"}
        assert shown["max_draft_credits"] == "8"
        ImageModel.objects.filter(slug="p-image").update(price={"per_image": 2})
        page = self.refused(self.address, form, headers=SCRIPT)
        assert "The price is now 16 credits, not 8." in page
        button = self.form_of(page, self.address)
        assert (button["max_credits"], button["max_draft_credits"]) == ("6", "16")
        accepted = form | {"max_draft_credits": "16"}
        assert self.client.post(self.address, accepted, headers=SCRIPT).status_code == 201


class TestCompare(ShownPriceTestCase):
    def test_it_refuses_a_price_that_rose(self):
        shown = hidden_of(flat(self.client.post(reverse("compare_quote"), COMPARE)))
        assert shown["max_credits"] == "6"
        self.raise_prices()
        page = self.refused(reverse("compare"), COMPARE | shown)
        assert "The price is now 40 credits, not 6." in page
        accepted = COMPARE | {"max_credits": hidden_of(page)["max_credits"]}
        assert self.client.post(reverse("compare"), accepted).status_code == 302
        assert sum(job.credits for job in self.queued()) == 40


class TestPresses(ShownPriceTestCase):
    """Buttons that order at once: the refusal is the same order as a form that accepts it."""

    def assert_accepted_in_one_press(self, address, form, *, shown, price):
        self.raise_prices()
        said = f"The price is now {price} credits, not {shown}."
        label = f"Create for {price} credits"
        answer = json.loads(self.refused(address, form, headers=SCRIPT).replace(r"\u00a0", " "))
        field = {"field": "max_credits", "value": str(price), "label": label}
        assert answer == {"detail": said, "acceptance": field}
        page = self.refused(address, form)
        assert said in page
        assert f'name="max_credits" value="{price}">{label}<' in page
        action = re.search(r'action="([^"]+)" id="accept"', page)[1]
        accepted = self.form_of(page, action) | {"max_credits": str(price)}
        assert accepted == form | {"max_credits": str(price)}
        assert self.client.post(action, accepted, headers=SCRIPT).status_code == 201
        assert sum(job.credits for job in self.queued()) == price

    def test_larger(self):
        address = self.at("upscale_image")
        form = self.form_of(self.page(), address) | {"scale": "2"}
        self.assert_accepted_in_one_press(address, form, shown=1, price=20)

    def test_variants(self):
        address = self.at("vary_image")
        form = self.form_of(self.page(), address) | {"amount": "subtle"}
        offered = self.client.get(self.at("image_offers")).json()["vary"]
        assert offered["credits"] == 12
        self.assert_accepted_in_one_press(address, form, shown=12, price=80)

    def test_repeat_exactly(self):
        address = reverse("retry_job", args=[self.image.job_id])
        form = self.form_of(self.page(), address)
        self.assert_accepted_in_one_press(address, form, shown=2, price=20)

    def test_try_again(self):
        failed = make_job(self.alice, status=Status.FAILED, credits=3)
        address = reverse("retry_job", args=[failed.id])
        form = self.form_of(flat(self.client.get(reverse("create"))), address)
        self.assert_accepted_in_one_press(address, form, shown=3, price=20)

    def test_finals(self):
        job = make_job(self.alice, status=Status.SUCCEEDED, model="p-image", width=688, height=384)
        image = make_image(self.alice, job=job, width=688, height=384, seed=7)
        form = {"ids": str(image.id)}
        choices = flat(self.client.post(reverse("finish_selection"), form, headers=SCRIPT))
        before, _name, _after = choices.partition('name="model" value="flux-dev"')
        address = re.findall(r'formaction="([^"]+)"', before)[-1]
        assert address.endswith("?max_credits=3")
        self.assert_accepted_in_one_press(address, form | {"model": "flux-dev"}, shown=3, price=20)
