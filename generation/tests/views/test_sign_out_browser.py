"""Signing out in a real Chromium: the cache is cleared, the draft stays, nothing is shown again."""

from playwright.sync_api import expect

from artgen.testing.browser import BrowserTestCase

KEPT = "localStorage.getItem(`artgen:draft:${user}`) ?? ''"


class TestSignOut(BrowserTestCase):
    people = ("quitter",)

    def test_it_clears_the_cache_and_keeps_the_draft(self) -> None:
        page = self.visit("quitter")
        user = page.evaluate("document.body.dataset.user")
        page.fill("#prompt", "written for an hour")
        look = f"const look = () => ({KEPT}).includes('an hour') ? done() : setTimeout(look, 50)"
        page.evaluate(f"(user) => new Promise((done) => {{ {look}; look() }})", user)
        page.goto("/account/profile/")
        with page.expect_response(lambda answer: "/logout/" in answer.url) as answered:
            page.locator("form[action='/accounts/logout/'] button").last.click()
        expect(page).to_have_url(f"{self.demo.url}/")
        assert answered.value.all_headers()["clear-site-data"] == '"cache"'
        assert "written for an hour" in page.evaluate(f"(user) => {KEPT}", user)
        page.go_back()
        expect(page).to_have_url(f"{self.demo.url}/accounts/login/?next=/account/profile/")
