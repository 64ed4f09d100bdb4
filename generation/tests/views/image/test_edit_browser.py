"""The editor of a part of an image in a real Chromium: mouse, keyboard, touch, reload."""

import re
from typing import Any

from playwright.sync_api import CDPSession, Page, expect

from generation.testing.pages.browser import DESKTOP, PHONE, BrowserTestCase, speak

PROMPTS = {
    "painter": "a lake at dawn",
    "offliner": "a lake at noon",
    "remover": "a cat on a wall",
    "key-painter": "a harbor",
    "reader": "a bridge",
    "toucher": "a garden",
    "extender": "a wide valley",
    "stayer": "a river",
}
# Of a copy: Chromium warns of reading a canvas that it draws with the GPU.
READ = """
  const canvas = document.querySelector(".edit-layer canvas")
  const copy = new OffscreenCanvas(canvas.width, canvas.height)
  const context = copy.getContext("2d", { willReadFrequently: true })
  context.drawImage(canvas, 0, 0)
  const { data } = context.getImageData(0, 0, copy.width, copy.height)
"""
COVERED = f"""() => {{ {READ}
  let count = 0
  for (let at = 3; at < data.length; at += 4) if (data[at] > 127) count++
  return count / (copy.width * copy.height)
}}"""
SOFT = f"""() => {{ {READ}
  const seen = new Set()
  for (let at = 3; at < data.length; at += 4) seen.add(data[at])
  return seen.size
}}"""


class TestEditor(BrowserTestCase):
    """Each person has one image."""

    people = tuple(PROMPTS)
    draws = {name: ((prompt, 1),) for name, prompt in PROMPTS.items()}
    side = 1024

    def image(self, name: str, **options: Any) -> Page:
        """Return the page of the image of this person."""
        page = self.visit(name, "/gallery/", **options)
        page.goto(page.locator(".card-link").first.get_attribute("href") or "")
        return page

    def edit(self, page: Page, mode: str = "") -> None:
        """Open the editor of the image that the page shows."""
        page.goto(re.sub(r"[?#].*", "", page.url) + "edit/" + mode)
        expect(page.locator(".edit-level")).to_have_text(re.compile(r"\d+"))

    def covered(self, page: Page) -> float:
        return float(page.evaluate(COVERED))

    def middle(self, page: Page, x: float = 0.5, y: float = 0.5) -> tuple[float, float]:
        box = page.locator(".edit-layer").bounding_box()
        assert box
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y

    def drag(self, page: Page, *points: tuple[float, float]) -> None:
        """Drag the mouse along points of the image, given as shares of its sides."""
        page.mouse.move(*self.middle(page, *points[0]))
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*self.middle(page, *point), steps=6)
        page.mouse.up()

    def create(self, page: Page) -> None:
        """Create, and wait until the editor goes on with the result."""
        address = page.url
        page.click(".edit-dock [type=submit]")
        page.wait_for_url(lambda url: url != address)
        assert page.url.endswith("/edit/")

    def open_result(self, page: Page) -> None:
        """Create, and open the page of the result."""
        self.create(page)
        page.goto(page.url.removesuffix("edit/"))

    def test_it_changes_what_is_painted_with_the_mouse_and_survives_a_reload(self) -> None:
        page = self.image("painter", **DESKTOP)
        page.click("#edit-area")
        expect(page.locator(".edit-level")).to_have_text(re.compile(r"\d+"))
        self.drag(page, (0.3, 0.3), (0.6, 0.3))
        brushed = self.covered(page)
        assert 0.01 < brushed < 0.2
        page.click("[data-tool=lasso]")
        self.drag(page, (0.5, 0.5), (0.8, 0.5), (0.8, 0.8), (0.5, 0.8))
        with_lasso = self.covered(page)
        assert with_lasso > brushed + 0.05
        page.click("[data-tool=eraser]")
        self.drag(page, (0.5, 0.6), (0.8, 0.6))
        erased = self.covered(page)
        assert brushed < erased < with_lasso
        page.keyboard.press("Control+z")
        assert self.covered(page) == with_lasso
        page.keyboard.press("Control+Shift+z")
        assert self.covered(page) == erased
        page.fill("#edit-prompt", "a red boat")
        page.locator("#edit-feather").fill("4")
        assert page.evaluate(SOFT) > 20
        page.reload()
        expect(page.locator("#edit-prompt")).to_have_value("a red boat")
        assert abs(self.covered(page) - erased) < 0.05
        assert page.evaluate(SOFT) > 20
        self.open_result(page)
        expect(page.locator("#image-prompt, .image-prompt")).to_have_text("a red boat")
        expect(page.locator(".lineage")).to_contain_text("Area changed")
        page.click("#compare-source")
        frame = page.locator(".before-after.is-live")
        expect(frame).to_be_visible()
        page.keyboard.press("Home")
        assert frame.evaluate("(one) => one.style.getPropertyValue('--at')") == "0%"
        page.keyboard.press("Escape")
        expect(page.locator(".lineage")).to_be_visible()

    def test_it_says_that_there_is_no_connection_and_keeps_the_edit(self) -> None:
        page = self.image("offliner", **DESKTOP)
        self.edit(page)
        self.drag(page, (0.3, 0.3), (0.6, 0.3))
        painted = self.covered(page)
        page.fill("#edit-prompt", "a red boat")
        self.troubles.forgive("ERR_INTERNET_DISCONNECTED")
        page.context.set_offline(True)
        page.click(".edit-dock [type=submit]")
        expect(page.locator("#edit-error")).to_have_text(
            "Not sent: no connection. Your edit is saved. Try again."
        )
        assert self.covered(page) == painted
        page.context.set_offline(False)
        self.open_result(page)
        expect(page.locator(".lineage")).to_contain_text("Area changed")

    def test_a_finished_edit_leaves_no_draft(self) -> None:
        page = self.image("remover", **DESKTOP)
        address = page.url
        self.edit(page)
        page.click("text=Remove")
        self.drag(page, (0.4, 0.4), (0.6, 0.6))
        self.open_result(page)
        expect(page.locator(".lineage")).to_contain_text("Object removed")
        expect(page.locator(".image-prompt")).to_have_text("a cat on a wall")
        page.goto(address)
        self.edit(page)
        assert self.covered(page) == 0

    def test_a_result_is_edited_next_and_undo_goes_back_through_results(self) -> None:
        page = self.image("stayer", **DESKTOP)
        self.edit(page)
        address, shown = page.url, page.locator(".edit-layer img")
        first = shown.get_attribute("src") or ""
        page.fill("#edit-prompt", "a red boat")
        self.drag(page, (0.3, 0.3), (0.6, 0.3))
        marked = self.covered(page)
        self.create(page)
        result = page.url
        expect(shown).not_to_have_attribute("src", first)
        assert self.covered(page) == 0
        page.click("[data-act=compare]")
        expect(shown).to_have_attribute("src", re.compile(re.escape(first) + "$"))
        self.drag(page, (0.5, 0.7), (0.8, 0.7))
        expect(shown).not_to_have_attribute("src", re.compile(re.escape(first) + "$"))
        self.create(page)
        page.keyboard.press("Control+z")
        assert page.url == result
        assert self.covered(page) > 0
        for _step in range(2):
            page.keyboard.press("Control+z")
        assert page.url == address
        assert self.covered(page) == marked
        page.fill("#edit-prompt", "a boat [refuse]")
        page.click(".edit-dock [type=submit]")
        expect(page.locator("#made .ended-title")).to_be_visible()
        assert page.url == address
        assert self.covered(page) == marked
        page.click("#made [popovertarget^=why]")
        expect(page.locator(".why.anchored")).to_be_visible()
        why, opener = (
            page.locator(selector).bounding_box() or {}
            for selector in (".why:popover-open", "#made [popovertarget^=why]")
        )
        assert round(why["x"]) == round(opener["x"])
        assert why["y"] + why["height"] <= opener["y"]
        page.keyboard.press("Escape")
        page.locator("#made .card-link").nth(1).click()
        page.wait_for_url(result)
        expect(page.locator("#made [aria-current]")).to_have_count(1)

    def test_it_can_be_used_by_keyboard_alone(self) -> None:
        page = self.image("key-painter", **DESKTOP)
        self.edit(page)
        page.focus(".edit-room")
        page.keyboard.press("Space")
        for _step in range(6):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        painted = self.covered(page)
        assert painted > 0.005
        page.keyboard.press("]")
        page.keyboard.press("e")
        expect(page.locator("[data-tool=eraser]")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Space")
        assert self.covered(page) < painted
        page.keyboard.press("Control+Enter")
        expect(page.locator("#edit-error")).to_contain_text("Describe what should be there.")
        expect(page.locator("#edit-prompt")).to_be_focused()
        page.keyboard.press("Shift+Tab")
        page.focus(".edit-room")
        page.keyboard.press("+")
        expect(page.locator(".edit-room[data-close-up]")).to_have_count(1)
        page.keyboard.press("0")
        expect(page.locator(".edit-room[data-close-up]")).to_have_count(0)
        page.fill("#edit-prompt", "a boat")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#made [data-run]")).to_have_count(1)

    def test_it_says_what_is_missing(self) -> None:
        page = self.image("reader", **DESKTOP)
        speak(page, "ru")
        self.edit(page)
        page.click(".edit-dock [type=submit]")
        expect(page.locator("#edit-error")).to_be_visible()
        expect(page.locator("#edit-error svg")).to_be_visible()

    def test_fingers_paint_zoom_and_move_on_a_phone(self) -> None:
        page = self.image("toucher", language="ru", **PHONE)
        self.edit(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        touch = page.context.new_cdp_session(page)
        self.swipe(page, touch, [(0.3, 0.4), (0.5, 0.4), (0.6, 0.5)])
        painted = self.covered(page)
        assert painted > 0.01
        before = page.locator(".edit-level").inner_text()
        x, y = self.middle(page)
        for apart in (20, 40, 70, 110):
            points = [{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}]
            kind = "touchStart" if apart == 20 else "touchMove"
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert page.locator(".edit-level").inner_text() != before
        assert self.covered(page) == painted
        page.tap("[data-act=undo]")
        assert self.covered(page) == 0
        page.tap("[data-act=redo]")
        page.fill("#edit-prompt", "a fountain")
        self.open_result(page)
        expect(page.locator(".lineage")).to_contain_text("Изменена")

    def test_it_extends_an_image_for_the_price_on_the_button(self) -> None:
        page = self.image("extender", **DESKTOP)
        size = page.locator(".pairs dd").filter(has_text="×").first.text_content() or ""
        width, height = (int(one) for one in re.findall(r"\d+", size)[:2])
        self.edit(page, "?mode=outpaint")
        page.click(".edit-dock [type=submit]")
        expect(page.locator("#edit-error")).to_contain_text("Choose a side to extend.")
        page.select_option("[name=right]", "50")
        page.click("label:has(> [name=count][value='2'])")
        expect(page.locator("[data-price]")).to_have_text(re.compile("6.credits"))
        page.click("label:has(> [name=count][value='1'])")
        self.open_result(page)
        expect(page.locator(".lineage")).to_contain_text("Extended")
        extended = page.locator(".pairs dd").filter(has_text="×").first.text_content() or ""
        across, down = (int(one) for one in re.findall(r"\d+", extended)[:2])
        assert abs(across / down - 1.5 * width / height) < 0.02

    def swipe(self, page: Page, touch: CDPSession, points: list[tuple[float, float]]) -> None:
        for number, point in enumerate(points):
            x, y = self.middle(page, *point)
            kind = "touchMove" if number else "touchStart"
            touch.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]}
            )
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
