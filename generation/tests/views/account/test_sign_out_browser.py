"""Signing out in a real Chromium: the cache is cleared, the draft stays, nothing is shown again."""

import re

from playwright.sync_api import WebSocketRoute, expect

from generation.testing.pages.browser import BrowserTestCase

KEPT = "localStorage.getItem(`artgen:draft:${user}`) ?? ''"


class TestSignOut(BrowserTestCase):
    people = ("quitter", "double", "resumer", "undecided", "changer")

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

    def test_it_is_said_once_on_the_pages_that_stay_open(self) -> None:
        page = self.visit("double", "/create/?prompt=a+kite")
        other = page.context.new_page()
        other.goto("/account/profile/")
        other.locator("form[action='/accounts/logout/'] button").last.click()
        expect(other).to_have_url(f"{self.demo.url}/")
        self.troubles.forgive("401 ", "403 ", "WebSocket")
        message = page.locator(".toast", has_text="You’ve been signed out.")
        expect(message).to_have_count(1)  # the socket was closed
        page.press("#prompt", "Control+Enter")
        expect(message).to_have_count(1)
        expect(page.locator(".toast[data-key=signed-out]")).to_be_visible()
        page.press("#prompt", "Control+Enter")
        expect(page.locator(".toast")).to_have_count(1)

    def test_it_is_no_longer_said_after_signing_in_again(self) -> None:
        page = self.visit("resumer", "/create/?prompt=a+kite")
        (session,) = (one for one in page.context.cookies() if one["name"] == "sessionid")
        self.troubles.forgive("401 ", "403 ", "WebSocket")
        message = page.locator(".toast[data-key=signed-out]")
        for act in (
            "document.dispatchEvent(new Event('visibilitychange'))",  # back from another tab
            "document.getElementById('create-button').click()",
        ):
            page.context.clear_cookies(name="sessionid")
            page.evaluate("dispatchEvent(new Event('offline')); dispatchEvent(new Event('online'))")
            expect(message).to_be_visible()
            page.context.add_cookies([session])
            page.evaluate(act)
            expect(message).to_have_count(0)
        expect(page.locator("[data-run]").first).to_contain_text("a kite")

    def test_it_is_said_once_where_images_are_selected(self) -> None:
        page = self.visit("undecided", "/create/?prompt=a+kite")
        page.press("#prompt", "Control+Enter")
        image = page.locator("[data-run] [data-image]").first
        image.wait_for()
        page.goto("/gallery/")
        (session,) = (one for one in page.context.cookies() if one["name"] == "sessionid")
        self.troubles.forgive("401 ", "403 ", "WebSocket")
        message = page.locator(".toast", has_text="You’ve been signed out.")
        page.click("#select")
        image = page.locator("[data-image]").first
        image.click()
        page.context.clear_cookies(name="sessionid")
        for button in ("[data-act=favorite]", "[data-act=tags]", "[data-act=favorite]"):
            with page.expect_response(lambda reply: "/accounts/login/" in reply.url):
                page.locator(f"#selection-bar {button}").click()
            expect(message).to_have_count(1)
        page.context.add_cookies([session])
        page.locator("#selection-bar [data-act=favorite]").click()
        expect(page.locator(".toast")).to_have_text(re.compile("Undo"))
        page.context.clear_cookies(name="sessionid")
        page.locator("#selection-bar [data-act=tags]").click()
        message.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{self.demo.url}/accounts/login/?next=%2Fgallery%2F")

    def test_a_page_that_stays_signed_in_reconnects_within_a_second_each_time(self) -> None:
        page, lines = self.open("changer"), list[WebSocketRoute]()
        page.clock.install()
        page.route_web_socket(re.compile("/ws/jobs/"), lambda line: lines.append(line))  # noqa: PLW0108  needs a function
        page.goto("/create/")
        waited = []  # ms of the page's clock
        for times in range(1, 8):
            lines[-1].close(code=4012)
            waited.append(0)
            while len(lines) == times:
                page.clock.run_for(100)
                waited[-1] += 100
        assert max(waited) < 2000, "with growing pauses the last one is above 16 s"
