"""Modules of scripts that need no site: one empty page of a real Chromium imports them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route, WebSocketRoute

from generation.testing.kept import GROUP
from generation.testing.pages.browser import chromium

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demo 1")]  # which has the browser
SITE = "http://modules.example"
VIEWPORT = """async (act) => {
  const { Viewport } = await import("/static/generation/js/viewport.js")
  const room = Object.defineProperties(document.createElement("div"),
    { clientWidth: { value: 400 }, clientHeight: { value: 300 } })
  const view = new Viewport({ room, image: document.createElement("img"), changed() {} })
  view.reset({ width: 1600, height: 600 })
  const shown = () => [view.scale, view.left, view.top, view.isZoomed].map((one) => +one)
  return act.map(([name, ...given]) => { view[name](...given); return shown() })
}"""
STROKES = """async (acts) => {
  const { Strokes } = await import("/static/generation/js/mask_strokes.js")
  const strokes = new Strokes(() => {})
  return acts.map(([name, ...given]) => {
    strokes[name](...given)
    return [strokes.visible.map(({ tool, points }) => `${tool} ${points}`), strokes.canUndo, strokes.canRedo]
  })
}"""
LIVE = """async () => {
  const { Live } = await import("/static/generation/js/live_updates.js")
  window.told = []
  window.live = new Live({ socket: "/ws/jobs/", jobs: "/api/v1/jobs/",
    onState: (state) => told.push(state),
    onJobs: (jobs, { complete, missed }) => told.push([jobs.map(({ id }) => id).join(), !!complete, !!missed]) })
  live.connect()
}"""


def serve(route: Route) -> None:
    """Answer as a site would that has nothing but files and one job."""
    path = route.request.url.removeprefix(SITE)
    if path.startswith("/static/"):
        found = finders.find(path.removeprefix("/static/"))
        route.fulfill(body=Path(str(found)).read_text(), content_type="text/javascript")
    elif path.startswith("/api/"):
        route.fulfill(json={"results": [{"id": "asked"}]})
    else:
        route.fulfill(
            body="<!doctype html><html lang=en><body data-user=alice>", content_type="text/html"
        )


@pytest.fixture
def page() -> Iterator[Page]:
    context = GROUP.get("chromium", chromium).new_context(service_workers="block")
    context.route("**/*", serve)
    page = context.new_page()
    page.clock.install()
    page.goto(SITE)
    yield page
    context.close()


def call(page: Page, module: str, name: str, calls: list[list[Any]]) -> list[Any]:
    """Return what a function of the module returns for each list of arguments."""
    script = "async ([file, name, calls]) => { const found = await import(file); return calls.map((one) => found[name](...one)) }"
    return list(page.evaluate(script, [f"/static/generation/js/{module}.js", name, calls]))


def test_it_marks_the_words_that_differ(page: Page) -> None:
    pairs = [
        ["a red kite, at dawn", "a red balloon at dawn, fog"],
        ["маяк на скале", "маяк на высокой скале"],
        ["", "all is new"],
        ["the same", "the same"],
    ]
    found = call(page, "word_diff", "wordDiff", pairs)
    for pair, sides in zip(pairs, found, strict=True):
        for text, side in zip(pair, sides.values(), strict=True):
            assert "".join(piece["text"] for piece in side) == text
    marked = [
        [[piece["text"] for piece in side if piece["changed"]] for side in sides.values()]
        for sides in found
    ]
    assert marked == [
        [[" kite,"], [" balloon", ", fog"]],
        [[], [" высокой"]],
        [[], ["all is new"]],
        [[], []],
    ]


def test_it_knows_prompts_in_another_language(page: Page) -> None:
    cases = {
        ("маяк на скале", "en zh"): True,
        ("маяк на скале", "en ru"): False,
        ("маяк на скале", ""): False,  # nothing is known of the model
        ("a sign that reads «Открыто» by the sea", "en"): False,
        ("灯台", "en"): False,  # too few letters
        ("東京のまちのひかり", "zh en"): True,
        ("東京のまちのひかり", "ja"): False,
        ("a lighthouse near Кронштадт in fog and rain at dusk", "en"): False,
    }
    found = call(page, "prompt_language", "needsTranslation", [[*one] for one in cases])
    assert dict(zip(cases, found, strict=True)) == cases


def test_it_counts_the_alternatives_of_a_prompt(page: Page) -> None:
    cases = {
        "a kite": 1,
        "a {red|blue} kite": 2,
        "a {red|{dark|light} blue} kite in {snow|fog}": 6,
        "a {red|red } kite": 1,
        "a {red|blue": 0,
        r"a \{red|blue\} kite": 1,
    }
    found = call(page, "prompt_alternatives", "countAlternatives", [[one] for one in cases])
    assert dict(zip(cases, found, strict=True)) == cases


def test_strokes_are_undone_and_done_again(page: Page) -> None:
    at, near, away = {"x": 0.5, "y": 0.5}, {"x": 0.5001, "y": 0.5}, {"x": 0.6, "y": 0.25}
    acts = [["begin", "brush", 0.1, at], ["extend", near], ["extend", away], ["end"], ["clear"]]
    acts += [["undo"], ["redo"], ["undo"], ["begin", "eraser", 0.1, at], ["cancel"], ["undo"]]
    stored = [{"tool": "lasso", "size": 1, "points": [0, 1]}, {"tool": "gun"}, None]
    shown = page.evaluate(STROKES, [*acts, ["load", stored]])
    line = "brush 0.5,0.5,0.6,0.25"
    assert shown == [
        [["brush 0.5,0.5"], False, False],
        [["brush 0.5,0.5"], False, False],
        [[line], False, False],
        [[line], True, False],
        [[line, "clear "], True, False],
        [[line], True, True],
        [[line, "clear "], True, False],
        [[line], True, True],
        [[line, "eraser 0.5,0.5"], True, True],
        [[line], True, True],
        [[], False, True],
        [["lasso 0,1"], True, False],
    ]


def test_a_zoomed_image_keeps_its_point_and_fills_the_room(page: Page) -> None:
    corner = {"x": 100, "y": 100}
    acts = [["zoom", 1, corner], ["moveBy", 9999, 9999], ["moveBy", -9999, -9999]]
    acts += [["zoom", 0], ["zoom", 99], ["toggle"], ["toggle"]]
    assert page.evaluate(VIEWPORT, acts) == [
        [1, -300, 0, 1],
        [1, 0, 0, 1],
        [1, -1200, -300, 1],
        [0.25, 0, 75, 0],
        [2, -1400, -450, 1],
        [0.25, 0, 75, 0],
        [1, -600, -150, 1],
    ]


def test_a_lost_line_is_replaced_by_questions_until_it_is_back(page: Page) -> None:
    lines: list[WebSocketRoute] = []
    away: list[bool] = []

    def connect(line: WebSocketRoute) -> None:
        lines.append(line)
        if away:
            line.close(code=1011)

    def told(count: int) -> list[Any]:
        """Let time pass until the page was told so much; return it."""
        while len(found := page.evaluate("told")) < count:
            page.clock.run_for(100)
        return list(found)

    def reconnected() -> None:
        count = len(lines)
        while len(lines) == count:
            page.clock.run_for(100)

    def say(**message: object) -> None:
        lines[-1].send(json.dumps(message))

    page.route_web_socket("**/ws/jobs/**", connect)
    page.evaluate(LIVE)
    assert lines[0].url.endswith("/ws/jobs/?user=alice")
    say(type="snapshot", jobs=[{"id": "one"}])
    say(type="job", job={"id": "two"})
    assert told(3) == ["live", ["one", True, False], ["two", False, False]]
    away.append(True)
    lines[-1].close(code=1011)
    asked = ["asked", False, True]
    assert told(7)[3:] == ["polling", asked] * 2
    away.clear()
    reconnected()
    before = len(told(0))
    say(type="snapshot", jobs=[])
    assert told(before + 3)[before:] == ["live", ["", True, False], asked]
    lines[-1].close(code=4012)  # the account has changed
    reconnected()
    lines[-1].close(code=4401)
    assert told(before + 4)[-1] == "signed out"
    count = len(lines)
    page.clock.run_for(120_000)
    assert len(lines) == count
