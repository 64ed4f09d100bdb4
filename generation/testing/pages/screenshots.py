"""`make screenshots`: every page, both themes, desktop and phone, into .screenshots/.

`make screenshots PAGES="gallery share"` takes only pages whose name contains one of the words.
"""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Error, TimeoutError
from playwright.sync_api import Page as Tab

from generation.testing.pages.browser import DESKTOP, PHONE, Visitors, chromium
from generation.testing.pages.pages import ADMIN, ERRORS, PAGES, Page, go
from generation.testing.servers.demo import Demo, run_python

FOLDER = settings.BASE_DIR / ".screenshots"
FULL = ("--painter", "full", "--seconds", "0.2", "--cold-start", "0", "--bare")
SIZES = {"desktop": DESKTOP, "phone": PHONE}
TRIES = 2  # Chromium cancels requests when the network of the machine changes
QUIET_MS = 5000
THEMES = ("light", "dark")


def take(*parts: str) -> None:
    """Take the screenshots in English, and of the main pages in Russian; exit 1 if one fails."""
    FOLDER.mkdir(exist_ok=True)
    failed = 0
    with chromium() as browser:
        for language in ("en", "ru"):
            pages = [page for page in (*PAGES, *ERRORS, *ADMIN) if language == "en" or page.main]
            pages = [
                page for page in pages if not parts or any(part in page.name for part in parts)
            ]
            with tempfile.TemporaryDirectory() as data, Demo(Path(data), *FULL) as demo:
                filled = run_python(
                    demo, "from generation.testing.pages.content import fill", f"fill({language!r})"
                )
                visitors = Visitors(demo, browser, filled["sessions"])
                content = {"ids": filled["ids"], "errors": filled["errors"][language]}
                for page, tab, name in _tabs(visitors, pages, language):
                    failed += not any(_shot(tab, page, name, **content) for _try in range(TRIES))
    print(f"{len(list(FOLDER.glob('*.png')))} screenshots in {FOLDER}")
    if failed:
        raise SystemExit(1)


def _shot(tab: Tab, page: Page, name: str, **content: dict[str, str]) -> bool:
    try:
        go(tab, page, **content)
        if page.act:
            page.act(tab)
        _wait_until_quiet(tab)
        tab.screenshot(path=FOLDER / name, animations="disabled")
    except (Error, AssertionError) as error:  # the other pages continue
        print(f"{name}: {error}", file=sys.stderr)
        return False
    return True


def _wait_until_quiet(tab: Tab) -> None:
    """Wait for requests to end; Chromium sometimes does not report that they have."""
    with contextlib.suppress(TimeoutError):
        tab.wait_for_load_state("networkidle", timeout=QUIET_MS)


def _tabs(visitors: Visitors, pages: list[Page], language: str) -> Iterator[tuple[Page, Tab, str]]:
    """Yield each page with a tab of its user and its file name, for each theme and size."""
    for theme in THEMES:
        for size, options in SIZES.items():
            tabs: dict[str, Tab] = {}
            for page in pages:
                if page.who not in tabs:
                    context = visitors.context(page.who, language=language, theme=theme, **options)
                    context.set_default_timeout(20_000)
                    tabs[page.who] = context.new_page()
                yield page, tabs[page.who], f"{page.name}-{language}-{theme}-{size}.png"
            for tab in tabs.values():
                tab.context.close()
