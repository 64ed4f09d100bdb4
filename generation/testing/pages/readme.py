"""`make readme`: the screenshots of README.md, README.ru.md and the start page, from a demo."""

import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.utils import timezone
from PIL import Image as Pillow
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from accounts.models import User
from generation.gallery import collections
from generation.gallery.favorites import set_favorite
from generation.jobs.placing import drafts
from generation.models import Image, Job, Sheet, Status
from generation.studio.comparisons import comparison_order
from generation.studio.comparisons.comparison_request import ComparisonRequest
from generation.testing import orders
from generation.testing.pages import page_acts
from generation.testing.pages.browser import DESKTOP, PHONE, Visitors, chromium, speak
from generation.testing.pages.screenshots import FULL
from generation.testing.rows.people import let_in
from generation.testing.servers.demo import Demo, run_python

FOLDER = settings.BASE_DIR / "artgen/static/artgen/screenshots"
OWNER = "owner"
RUNS = (
    ("A cabin in the snow at night, warm windows", 1024, 768, 2),
    ("Three ceramic vases, cotton branches, long window light", 832, 1024, 4),
    ("A lighthouse on a rock at dusk, calm sea", 1344, 768, 1),
    ("A robot in a garden, morning light", 1024, 1024, 2),
    ("A dragon above a mountain village", 1344, 768, 2),
    ("Portrait of a woman with red hair", 832, 1024, 2),
    ("A harbor with boats at sunrise", 1344, 768, 2),
    ("A red hot-air balloon over a mountain lake at dawn", 1344, 768, 1),
    ("A red fox in a snow village at night", 1344, 768, 2),
)
RUNNING = "Northern lights over a lake, mirrored [stuck]"
IN_RUSSIAN = "Красный воздушный шар над горным озером на рассвете"
COMPARED = "{A castle on a cliff|A train on a stone bridge}, evening light"
MODELS = ("flux-schnell", "flux-dev", "qwen-image")
QUALITY = 82  # of WebP


def fill() -> None:
    """Create the owner's images in a demo; print sessions and ids as JSON."""
    sessions = let_in(OWNER, credits=500)
    owner = User.objects.get(email=f"{OWNER}@example.org")
    User.objects.filter(pk=owner.pk).update(name="Nora Sand", language="en")
    asked = ComparisonRequest(prompt=COMPARED, models=MODELS, aspect_ratio="3:2", seed=11)
    comparison_order.place(user=owner, comparison=asked)
    sheet = Sheet.objects.of(owner).get()
    _wait(owner)
    for number, (prompt, width, height, count) in enumerate(RUNS):
        request = {"model": "flux-schnell", "prompt": prompt, "seed": 7 * number + 5}
        request |= {"width": width, "height": height}
        orders.place_batch(user=owner, requests=drafts.repeated(request, count=count))
        _wait(owner)
    images = list(Image.objects.of(owner).order_by("-id"))
    for image in images[::5]:
        set_favorite(image, favorite=True)
    for name, chosen in (("Night and snow", images[:2]), ("Sea", [*images[3:5], images[11]])):
        pile = collections.create(user=owner, name=name)
        collections.add(pile, image_ids=[image.pk for image in chosen])
    set_favorite(Image.objects.get(job=sheet.jobs[1]), favorite=True)
    running = {"model": "flux-dev", "prompt": RUNNING, "width": 1344, "height": 768}
    batch = orders.place_batch(user=owner, requests=drafts.repeated(running, count=2))
    run = Job.objects.filter(batch=batch.batch)
    while run.filter(status=Status.RUNNING).count() < len(batch.jobs):
        time.sleep(0.05)
    stay = timezone.now() + timedelta(hours=1)
    run.update(prompt=RUNNING.partition(" [")[0], due_at=stay)
    for number, job in enumerate(batch.jobs, start=1):
        drawn = {"progress": 0.34 * number, "step": 9 * number, "step_count": 28}
        Job.objects.filter(pk=job.pk).update(**drawn)
    found = {"sessions": sessions, "sheet": sheet.pk, "image": images[0].pk}
    print(json.dumps(found, default=str))  # noqa: T201 the caller reads it


def _wait(owner: User) -> None:
    while Job.objects.of(owner).active().exists():
        time.sleep(0.05)  # the demo's own workers draw meanwhile
    failed = Job.objects.of(owner).filter(status=Status.FAILED)
    assert not failed.exists(), list(failed.values_list("error_code", "error_detail"))


@dataclass(frozen=True)
class Shot:
    """One file: the page at `path`, in which `act` opens something."""

    name: str
    path: str
    theme: str = "light"
    on_phone: bool = False
    width: int = 1440
    """Of the file, px."""
    act: Callable[[Tab], Any] | None = None
    language: str = "en"


def take() -> None:
    FOLDER.mkdir(exist_ok=True)
    with chromium() as browser, TemporaryDirectory() as data, Demo(Path(data), *FULL) as demo:
        filled = run_python(demo, "from generation.testing.pages.readme import fill", "fill()")
        visitors = Visitors(demo, browser, filled["sessions"])
        for shot in _shots(filled):
            size = PHONE if shot.on_phone else DESKTOP
            context = visitors.context(OWNER, theme=shot.theme, **size)
            tab = context.new_page()
            if shot.language != "en":
                tab.goto(shot.path)
                speak(tab, shot.language)
            answer = tab.goto(shot.path)
            assert answer, shot.path
            assert answer.ok, shot.path
            if shot.act:
                shot.act(tab)
            tab.wait_for_timeout(1500)  # images fade in
            _save(tab.screenshot(animations="disabled"), shot)
            context.close()


def _shots(ids: dict[str, Any]) -> list[Shot]:
    image = f"/images/{ids['image']}/"
    editor, sheet = f"{image}edit/?mode=inpaint", f"/sheets/{ids['sheet']}/"
    return [
        Shot("create", "/create/", theme="dark"),
        Shot("gallery", "/gallery/", width=1080),
        Shot("picture", image, theme="dark", width=1080),
        Shot("editor", editor, theme="dark", width=1280, act=_mark_sky),
        Shot("compare", image, theme="dark", width=1280, act=_change_sky),
        Shot("sheet", sheet, width=1280),
        Shot("helper", "/create/", theme="dark", on_phone=True, width=390, act=_translate),
        Shot("phone", "/gallery/", on_phone=True, width=390, act=page_acts.select),
        Shot("phone-editor", f"{image}edit/", theme="dark", on_phone=True, width=390),
        # Last: the account keeps the language.
        Shot("editor-ru", editor, theme="dark", width=1280, act=_mark_sky, language="ru"),
        Shot("sheet-ru", sheet, width=1280, language="ru"),
    ]


def _save(png: bytes, shot: Shot) -> None:
    picture = Pillow.open(io.BytesIO(png)).convert("RGB")
    height = round(picture.height * shot.width / picture.width)
    picture = picture.resize((shot.width, height), Pillow.Resampling.LANCZOS)
    picture.save(FOLDER / f"{shot.name}.webp", quality=QUALITY, method=6)


def _mark_sky(tab: Tab) -> None:
    """Mark the sky with the lasso and say what should be there."""
    expect(tab.locator(".edit-level")).to_contain_text("%")
    tab.click("[data-tool=lasso]")
    box = tab.locator(".edit-layer").bounding_box()
    assert box
    corners = ((0.02, 0.02), (0.98, 0.02), (0.98, 0.3), (0.6, 0.26), (0.3, 0.3), (0.02, 0.26))
    for number, (x, y) in enumerate(corners):
        tab.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=6)
        if not number:
            tab.mouse.down()
    tab.mouse.up()
    tab.fill("#edit-prompt", "Northern lights")
    tab.locator("#edit-feather").fill("2")


def _change_sky(tab: Tab) -> None:
    """Change the sky, and compare the result with its source."""
    tab.goto(f"{tab.url}edit/?mode=inpaint")
    _mark_sky(tab)
    tab.click(".edit-dock [type=submit]")
    tab.wait_for_url("**/create/#run-*")
    run = tab.locator(tab.url.partition("/create/")[2])
    link = run.locator("[data-status=succeeded] a.card-link").first
    expect(link).to_have_count(1)
    tab.goto(f"{link.get_attribute('href')}compare/source/")
    expect(tab.locator(".before-after.is-live")).to_be_visible()


def _translate(tab: Tab) -> None:
    """Let a prompt be translated; the proposal stays open."""
    tab.fill("#prompt", IN_RUSSIAN)
    tab.click("[data-propose=translate]")
    expect(tab.locator("[data-proposal]")).to_be_visible()
