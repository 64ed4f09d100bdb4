"""Draw the icons of the installed app as PNG files, from the SVG files beside them.

Run after changing artgen/static/artgen/app/*.svg, with Chromium installed, and commit the result:

    python deploy/app_icons.py
"""

from pathlib import Path

from playwright.sync_api import sync_playwright

from artgen.testing.browser import CHROMIUM, FLAGS

FOLDER = Path(__file__).resolve().parent.parent / "artgen" / "static" / "artgen" / "app"
ICONS = (
    ("icon", "icon-192", 192),
    ("icon", "icon-512", 512),
    ("maskable", "maskable-192", 192),
    ("maskable", "maskable-512", 512),
    ("maskable", "apple-touch-icon", 180),
)


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for source, name, side in ICONS:
            page = browser.new_page(viewport={"width": side, "height": side})
            drawing = (FOLDER / f"{source}.svg").read_text()
            style = "<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>"
            page.set_content(style + drawing)
            page.screenshot(path=FOLDER / f"{name}.png", omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
