"""A price that rises between quote and order, in a real Chromium: one press accepts it."""

import re
from typing import ClassVar

from playwright.sync_api import Page, expect

from generation.testing.pages.browser import DESKTOP, BrowserTestCase

MODEL = "z-image-turbo"  # whose price no other test reads, because it changes for all


class TestPriceInABrowser(BrowserTestCase):
    people: ClassVar = ("payer",)
    draws: ClassVar = {"payer": (("a kite", 1),)}
    side = 512

    def set_price(self, credits: int) -> None:
        self.demo.command("set_model", MODEL, f'price={{"per_image": {credits}}}')

    def assert_placed(self, page: Page, *, runs: int, price: int) -> None:
        expect(page.locator("[data-run]")).to_have_count(runs)
        page.locator("[data-run]").first.locator("[data-image] .card-link").first.wait_for()
        job = page.evaluate("fetch('/api/v1/jobs/?limit=1').then((answer) => answer.json())")
        assert job["results"][0]["credits"] == price

    def test_each_way_to_order_asks_once(self) -> None:
        self.set_price(3)
        page = self.visit("payer", f"/create/?model={MODEL}", **DESKTOP)
        finish = page.locator("[data-image] [data-make=finish]").first
        page.locator("[data-image]").first.hover()
        finish.hover()
        expect(finish).to_have_attribute("data-tip", re.compile(" · 3.credits"))
        self.set_price(5)
        self.troubles.forgive("402 POST")
        finish.click()
        toast = page.locator(".toast", has_text=re.compile("The price is now 5.credits, not 3."))
        toast.get_by_role("button", name=re.compile("Create for 5.credits")).click()
        self.assert_placed(page, runs=2, price=5)

        page.fill("#prompt", "a boat")
        page.click(".segments label:has([value='1'])")
        button = page.locator("#create-button")
        expect(button).to_contain_text(re.compile(r"Create 1[\s\S]*5.credits"))
        self.set_price(7)
        button.click()
        expect(page.locator("#composer .note-bad")).to_have_text(
            re.compile(r"^\s*The price is now 7.credits, not 5.\s*$")
        )
        expect(button).to_contain_text(re.compile(r"Create 1[\s\S]*7.credits"))
        expect(page.locator("#prompt")).to_have_value("a boat")
        button.click()
        expect(page.locator("#composer .note-bad")).to_have_count(0)
        self.assert_placed(page, runs=3, price=7)
