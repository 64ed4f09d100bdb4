"""What a person does on a page before the screenshot: opens a menu, fills in a form."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import FilePayload, expect
from playwright.sync_api import Page as Tab

from generation.imaging import metadata
from generation.testing import openapi
from generation.testing.rows.image_files import FILES

Act = Callable[[Tab], Any]


def click(selector: str, shown: str = "") -> Act:
    """Click the first visible element; `shown` is visible afterwards."""

    def act(tab: Tab) -> None:
        tab.locator(selector).locator("visible=true").first.click()
        if shown:
            expect(tab.locator(shown).first).to_be_visible()

    return act


def press(key: str, shown: str) -> Act:
    """Press a key; `shown` is visible afterwards."""

    def act(tab: Tab) -> None:
        tab.keyboard.press(key)
        expect(tab.locator(shown)).to_be_visible()

    return act


def fill(selector: str, text: str) -> Act:
    def act(tab: Tab) -> None:
        tab.locator(selector).fill(text)

    return act


def send(selector: str, **fields: str) -> Act:
    """Fill in fields by name and send their form."""

    def act(tab: Tab) -> None:
        for name, text in fields.items():
            tab.fill(f"[name={name}]", text)
        tab.click(selector)
        tab.wait_for_load_state()

    return act


def show_presets(tab: Tab) -> None:
    tab.click(".model-button")
    tab.click("[data-purpose=preset]")
    expect(tab.locator("[data-preset]").first).to_be_visible()


def check_image(tab: Tab) -> None:
    """Ask whether an image was made here that its metadata says to be of ArtGen."""
    data = metadata.described(FILES["PNG"], parameters={"model": "flux-dev"})
    file: FilePayload = {"name": "kite.png", "mimeType": "image/png", "buffer": data}
    tab.set_input_files("#file", file)
    tab.click("form:has(#file) .button-primary")
    expect(tab.locator("#answer")).to_be_visible()


def select(tab: Tab) -> None:
    tab.click("#select")
    tab.locator("[data-image]:visible").nth(1).click()
    expect(tab.locator("#selection-bar")).to_be_visible()


def open_filter(tab: Tab) -> None:
    """Open the first of the filters, which phones have behind a button."""
    button = tab.locator("[data-filters]")
    if button.is_visible():
        button.click()
    click(".chips summary", ".chip-menu[open]")(tab)


def open_collections(tab: Tab) -> None:
    tab.locator("#remarks > summary").click()
    click("#collections-menu summary", ".collections-menu")(tab)


def open_sharing(tab: Tab) -> None:
    tab.evaluate("document.getElementById('share-dialog').showModal()")


def open_folds(tab: Tab) -> None:
    for summary in tab.locator(".fold > summary").all():
        summary.click()
    expect(tab.locator("#note")).to_be_visible()


DROP = """async (address) => {
  const data = await (await fetch(address)).blob()
  const dataTransfer = new DataTransfer()
  for (const name of ["one.webp", "two.webp"]) {
    dataTransfer.items.add(new File([data], name, { type: "image/webp" }))
  }
  const drop = new DragEvent("drop", { bubbles: true, dataTransfer })
  document.getElementById("composer").dispatchEvent(drop)
}"""


def drop_sources(tab: Tab) -> None:
    """Drop two images on a model that accepts one, in a role that it does not support, with a
    negative prompt that it ignores.
    """
    if not tab.locator("#negative_prompt").is_visible():  # the draft of an earlier visit has it
        tab.click("[data-toggle-negative]")
    tab.fill("#negative_prompt", "fog")
    tab.click(".model-button")
    tab.click(".model-option[value=flux-kontext]")
    expect(tab.locator("[data-settings-kept]")).to_be_visible()
    if not tab.locator("[data-kept-list] .source").count():
        tab.evaluate(DROP, "/static/generation/examples/canyon.webp")
    expect(tab.locator("[data-kept-list] .source")).to_have_count(1)
    expect(tab.locator(".source progress:visible")).to_have_count(0)
    tab.locator("[data-source-list] .source-role").select_option(index=3)
    expect(tab.locator("[data-role-note]")).to_be_visible()
    expect(tab.locator(".quote-stale")).to_have_count(0)
    # Else the head of the closed settings, at the lower edge, covers a part of a menu.
    tab.locator(".composer-scroll").evaluate("side => side.scrollTo(0, side.scrollHeight)")


def propose(tab: Tab) -> None:
    """Let a prompt be translated; the proposal stays open."""
    tab.fill("#prompt", "Тихое горное озеро на рассвете")
    tab.click("[data-propose=translate]")
    expect(tab.locator("[data-proposal]")).to_be_visible()


def read_api(tab: Tab) -> None:
    """Look at one of all operations."""
    operations = sum(len(methods) for methods in openapi.document()["paths"].values())
    expect(tab.locator(".opblock:not(.webhooks *)")).to_have_count(operations)
    tab.click("#operations-jobs-place_job .opblock-summary-control")
    expect(tab.locator("#operations-jobs-place_job .opblock-body")).to_be_visible()


def mark(tab: Tab) -> None:
    box = tab.locator(".edit-layer").bounding_box()
    assert box
    tab.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.45)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5, steps=5)
    tab.mouse.up()
    expect(tab.locator("[data-act=undo]")).to_have_attribute("aria-disabled", "false")


def extend(tab: Tab) -> None:
    """Extend the image to the left and below."""
    tab.select_option("[name=left]", "50")
    tab.select_option("[name=bottom]", "25")
