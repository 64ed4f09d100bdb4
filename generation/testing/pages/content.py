"""Fill a demo with months of content, for tests of all pages and for screenshots.

`fill` runs in the demo's environment and prints what a browser needs: sessions and addresses.
"""

import io
import json
import time
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone, translation
from PIL import Image as Pillow
from uuid_utils.compat import uuid7

from accounts.access import email_change, invitations, pending_services
from accounts.access.pending_services import PendingService
from accounts.credits import ledger
from accounts.emails import password_reset_links, sign_up_links
from accounts.models import (
    CreditEntry,
    User,
    WebhookAddress,
    WebhookMessage,
    WebhookOff,
    WebhookTopic,
)
from accounts.sessions import second_factor_rules
from accounts.tokens import tokens
from accounts.webhooks import addresses
from artgen.admin import audit
from artgen.api.times import time_json
from artgen.environment.legal import Document
from artgen.web.theme import page
from generation.files import uploads
from generation.gallery import collections, tagging
from generation.gallery.favorites import set_favorite
from generation.gallery.sharing import (
    collection_share_links,
    publications,
    saved_copies,
    share_links,
)
from generation.gallery.trash import move_to_trash
from generation.jobs.engine import job_control
from generation.jobs.placing import drafts
from generation.models import Image, Job, Sheet, Status
from generation.studio.comparisons import word_lists
from generation.studio.comparisons.comparison_request import Axis, ComparisonRequest
from generation.studio.presets import own_styles, presets
from generation.testing import orders
from generation.testing.rows.people import let_in
from generation.testing.servers.demo import GPUS

TEMPLATES = (
    "400.html",
    "403.html",
    "403_csrf.html",
    "404.html",
    "429.html",
    "500.html",
    "503.html",
)
LEGAL = {
    "legal-document": "/legal/terms/",
    "legal-providers": "/providers/",
    "legal-service": "/accounts/signup/service/",
    "legal-accept": "/accounts/documents/",
}
"""Pages of a site that has terms; of a sign-up with another service; of who has not accepted."""
RUNS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())["runs"]
RUNNING = (
    "A white arcade by the sea, stairs, noon light",
    "Белая аркада у моря, лестница, полуденный свет",
)
FAILED = ("A red barn in a field of rye", "Красный амбар в ржаном поле")
REFUSED = ("A portrait of somebody famous", "Портрет знаменитости")
CANCELED = ("A fox asleep in the ferns", "Лиса спит в папоротнике")


def fill(language: str = "en", *, runs: int = len(RUNS)) -> None:
    """Create users and images in every state; print sessions, ids and error pages as JSON.

    The owner has the newest `runs` of RUNS.
    """
    sessions = let_in(
        *("owner", "newcomer", "leaver", "guarded"),
        staff=("boss",),
        with_password=("owner", "boss"),
        credits=500,
    )
    _guard(sessions["guarded"])
    User.objects.update(language=language)
    owner = User.objects.get(email="owner@example.org")
    User.objects.filter(pk=owner.pk).update(name="Nora Sand" if language == "en" else "Нора Песок")
    with translation.override(language):
        found = _pictures(owner, RUNS[-runs:], russian=language == "ru") | _account(owner)
    errors = {
        code: {template: _error(template, code) for template in TEMPLATES} | _legal(code)
        for code, _name in settings.LANGUAGES
    }
    print(json.dumps({"sessions": sessions, "ids": found, "errors": errors}, default=str))  # noqa: T201 the caller reads it


def _guard(session_key: str) -> None:
    """Give this session's user two-factor authentication, just confirmed in this session."""
    user = User.objects.get(email="guarded@example.org")
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(user)
    session = SessionStore(session_key)
    session[second_factor_rules.METHODS_USER] = str(user.pk)
    session[second_factor_rules.METHODS] = [
        {"method": "mfa", "at": time.time() + 24 * 60 * 60, "reauthenticated": True}
    ]
    session.save()


def _pictures(owner: User, runs: list[dict[str, Any]], *, russian: bool) -> dict[str, Any]:
    failed = _trouble(owner, FAILED[russian], "[fail]")
    refused = _trouble(owner, REFUSED[russian], "[refuse]")
    canceled = orders.place(
        user=owner, request={"model": "flux-dev", "prompt": CANCELED[russian]}
    ).jobs[0]
    job_control.cancel(job=canceled, actor=owner)
    _make_older([failed, refused, canceled], days=80)
    placed: list[tuple[list[Job], int]] = []
    for run in runs:
        request = {
            "model": "flux-schnell",
            "prompt": run["ru" if russian else "en"],
            "seed": 7 * len(placed) + 5,
        }
        request |= {"width": run["width"], "height": run["height"]}
        requests = drafts.repeated(request, count=run["count"])
        placed.append((orders.place_batch(user=owner, requests=requests).jobs, run["age"]))
    sources = [uploads.keep(user=owner, data=_photo())]
    edited = orders.place(user=owner, request=_edit(sources[0].id, russian=russian)).jobs
    _wait_for_the_end(owner)
    for jobs, age in placed:
        _make_older(jobs, days=age)
    images = list(Image.objects.of(owner).kept().order_by("job_id", "position"))
    for image in images[::4]:
        set_favorite(image, favorite=True)
    for number, image in enumerate(images[3:9:2]):
        move_to_trash(image)
        image.trashed_at = timezone.now()
        Image.objects.filter(pk=image.pk).update(
            trashed_at=timezone.now() - timedelta(days=9 * number)
        )
    public = [image for image in images[1::2] if image.trashed_at is None]
    for image in public[:-1]:
        wish = publications.ask_to_publish(
            image, with_parameters=True, with_name=image == public[0]
        )
        publications.publish(wish, by=User.objects.get(email="boss@example.org"))
    publications.ask_to_publish(public[-1], with_parameters=True, with_name=True)
    variants = Image.objects.of(owner).filter(job__in=placed[-2][0]).order_by("id")
    in_month = timezone.now() + timedelta(days=30)
    shared = share_links.share_by_link(
        variants[2], until=in_month, with_parameters=True, with_name=True
    )
    boss = User.objects.get(email="boss@example.org")
    saved = saved_copies.save(saved_copies.finder(shared.link_slug or ""), user=boss)
    piles = [
        collections.create(user=owner, name=name) for name in ("Море и свет", "Зима") if russian
    ] or [collections.create(user=owner, name=name) for name in ("Sea and light", "Winter")]
    collections.add(piles[0], image_ids=[image.pk for image in images[::3]])
    collections.add(piles[1], image_ids=[image.pk for image in images[2:5]])
    names = ("печать", "для кухни", "море") if russian else ("print", "for the kitchen", "sea")
    for number, name in enumerate(names):
        tagging.add_these(user=owner, ids=[image.pk for image in images[number::2]], name=name)
    collection_share_links.share(piles[0], until=in_month, with_parameters=True, with_name=True)
    piles[0].refresh_from_db()
    presets.create(
        user=owner,
        name="Вечерний свет" if russian else "Evening light",
        values={"model": "flux-dev", "style": "oil", "shape": "1344x768", "count": "2"},
    )
    style = own_styles.create(
        user=owner,
        name="Ризография" if russian else "Risograph",
        template="{prompt}, ризография, два цвета"
        if russian
        else "{prompt}, risograph print, two colors",
        negative="фото" if russian else "photo",
    )
    preset = presets.create(
        user=owner,
        name="Открытка" if russian else "Postcard",
        values={"model": "sdxl", "style": style.slug, "steps": "30", "negative_prompt": "text"},
    )
    running = _running(owner, RUNNING[russian])
    words = word_lists.create(
        user=owner,
        name="цвета" if russian else "colors",
        entries=["красный", "синий"] if russian else ["red", "blue"],
    )
    return {
        "sheet": _sheet(owner, placed[-2][0]).pk,
        "word_list": words.pk,
        "image": variants[1].pk,
        "shared": shared.link_slug,
        "collection": piles[0].pk,
        "collection_link": piles[0].link_slug,
        "member": piles[0].members.order_by("id")[0].pk,
        "preset_link": presets.share(preset).link_slug,
        "published": wish.slug,
        "saved": saved.image.pk,
        "link": variants[2].pk,
        "edited": Image.objects.get(job=edited[0]).pk,
        "trashed": Image.objects.of(owner).trashed().order_by("id")[0].pk,
        "succeeded": placed[-2][0][0].pk,
        "running": running[0].pk,
        "failed": failed.pk,
        "refused": refused.pk,
        "canceled": canceled.pk,
        "run": placed[-2][0][0].batch,
    }


def _sheet(owner: User, jobs: list[Job]) -> Sheet:
    """Arrange the jobs of a run as a comparison of seeds, with a vote."""
    heads = [[{"by": "seed", "value": job.seed, "text": f"{job.seed}"}] for job in jobs]
    asked = ComparisonRequest(
        prompt=jobs[0].prompt,
        models=("flux-schnell",),
        columns=Axis("seed", tuple(job.seed for job in jobs)),
    )
    return Sheet.objects.create(
        id=jobs[0].batch,
        user=owner,
        prompt=asked.prompt,
        rows=[[]],
        columns=heads,
        jobs=[str(job.pk) for job in jobs],
        asked=asked.as_json(),
        created_at=jobs[0].created_at,
    )


def _account(owner: User) -> dict[str, Any]:
    ledger.grant(
        user=owner,
        amount=250,
        reason="Подарок к выставке"
        if translation.get_language() == "ru"
        else "A gift for the exhibition",
    )
    tokens.issue(user=owner, name="laptop")
    tokens.issue(user=owner, name="n8n")
    boss = User.objects.get(email="boss@example.org")
    audit.record(actor=boss, row=owner, text="+250 credits: a gift for the exhibition")
    invited = invitations.invite(
        addresses=["guest@example.org", "friend@example.org"],
        credits=100,
        expires_at=timezone.now() + timedelta(days=14),
        language="en",
        actor=boss,
    )
    return {
        **_webhooks(owner),
        "invitation": invitations.token_of(invited.sent[0]),
        "uid": str(owner.pk),
        "reset": password_reset_links.make_token(owner),
        "email_change": email_change.token_of(owner, "new@example.org"),
        "sign_up": sign_up_links.make_token("new@example.org"),
    }


def _webhooks(owner: User) -> dict[str, Any]:
    """Add one whose last attempt failed, and one that is off, after the images are done."""
    on, off = (
        addresses.add(user=owner, url=url, topics=topics, credits_below=50)[0]
        for url, topics in (
            ("https://n8n.example.org/webhook/5f1c0a52", WebhookTopic.values),
            ("https://example.com/hooks/artgen", [WebhookTopic.JOBS]),
        )
    )
    addresses.turn_off(off, reason=WebhookOff.FAILING)
    now = timezone.now()

    def message(type: str, *statuses: int, **fields: Any) -> WebhookMessage:
        body = {"type": type, "timestamp": time_json(now), "data": {"id": str(uuid7())}}
        attempts = [
            {
                "at": time_json(now - timedelta(minutes=5 * number)),
                "ms": 15_000 if status == 0 else 240,
                "status": status,
                "error": "" if status else "timeout",
                "text": "Workflow is not active" if status >= 400 else "",
            }
            for number, status in reversed(list(enumerate(reversed(statuses))))
        ]
        return WebhookMessage.objects.create(
            address=on,
            type=type,
            body=json.dumps(body),
            attempt_log=attempts,
            **{"due_at": None, "attempts": len(statuses), **fields},
        )

    failed = message("job.failed", 500, 0, 404)
    message("job.succeeded", 200, delivered_at=now)
    message("batch.ended", 500, 200, delivered_at=now)
    message("credits.low", 404, due_at=now + timedelta(hours=2))
    WebhookAddress.objects.filter(pk=on.pk).update(failing_since=now)
    return {"webhook": on.id, "webhook_off": off.id, "webhook_message": failed.id}


def _trouble(owner: User, prompt: str, word: str) -> Job:
    """Place a job that fails because of the emulator's word in its prompt; then remove the word."""
    job = orders.place(
        user=owner, request={"model": "flux-schnell", "prompt": f"{prompt} {word}"}
    ).jobs[0]
    _wait(Job.objects.filter(pk=job.pk, status=Status.FAILED))
    Job.objects.filter(pk=job.pk).update(prompt=prompt)
    return job


def _running(owner: User, prompt: str) -> list[Job]:
    """Place a batch of four that never ends: three are running, one is submitted, none is due."""
    request = {
        "model": "flux-dev",
        "prompt": f"{prompt} [stuck]",
        "width": 832,
        "height": 1024,
        "seed": 11,
    }
    jobs = orders.place_batch(user=owner, requests=drafts.repeated(request, count=4)).jobs
    run = Job.objects.filter(pk__in=[job.pk for job in jobs])
    while run.filter(status=Status.RUNNING).count() < GPUS:
        time.sleep(0.05)
    now = timezone.now()
    run.update(prompt=prompt, due_at=now + timedelta(hours=1))
    for number, job in enumerate(run.filter(status=Status.RUNNING).order_by("id"), start=1):
        drawn = {"progress": 0.23 * number, "step": 6 * number, "step_count": 28}
        Job.objects.filter(pk=job.pk).update(
            started_at=now - timedelta(seconds=4 * number), **drawn
        )
    return jobs


def _edit(source: UUID, *, russian: bool) -> dict[str, Any]:
    prompt = "Пусть будет ночь и звёзды" if russian else "Make it night, with stars"
    return {"model": "flux-kontext", "prompt": prompt, "source_images": [str(source)], "seed": 3}


def _wait_for_the_end(owner: User) -> None:
    while Job.objects.of(owner).active().exists():
        time.sleep(0.05)  # the demo's own workers draw meanwhile


def _wait(jobs: "QuerySet[Job]") -> None:
    while not jobs.exists():
        time.sleep(0.05)


def _make_older(jobs: list[Job], *, days: int) -> None:
    """Move jobs, their images and their ledger entries back in time."""
    back = timedelta(days=days)
    for job in jobs:
        Job.objects.filter(pk=job.pk).update(created_at=job.created_at - back)
        for image in Image.objects.filter(job=job):
            born_at = image.created_at - back
            # Images are sorted by id, a UUIDv7: its first 48 bits are the milliseconds.
            born = UUID(int=int(born_at.timestamp() * 1000) << 80 | image.pk.int & (1 << 80) - 1)
            Image.objects.filter(pk=image.pk).update(id=born, created_at=born_at)
    with transaction.atomic(), connection.cursor() as cursor:
        # The ledger refuses updates; this history is invented.
        cursor.execute("SET LOCAL session_replication_role = replica")
        QuerySet.update(
            CreditEntry.objects.filter(reference__in=[job.pk for job in jobs]),
            created_at=F("created_at") - back,
        )


def _photo() -> bytes:
    """Return a JPEG file to upload, in place of a photo."""
    file = io.BytesIO()
    with Pillow.open(settings.BASE_DIR / "generation/static/generation/start/tea.webp") as picture:
        picture.save(file, "JPEG", quality=90)
    return file.getvalue()


def _error(template: str, language: str) -> str:
    request = RequestFactory().get("/broken/")
    request.resolver_match = None
    with translation.override(language):
        return render_to_string(
            template, {**page(request), "LANGUAGE_CODE": language, "retry_after": 42}
        )


def _legal(language: str) -> dict[str, str]:
    """Return LEGAL in this language, as newcomer and with the templates of the documents."""
    folder, version = settings.BASE_DIR / "deploy" / "legal", "2026-12-01"
    documents = {
        name: {code: Document(version, (folder / f"{name}.{code}.txt.template").read_text(), "")}
        for name, code in (("terms", language), ("privacy", language), ("consent", "ru"))
    }
    newcomer = User.objects.get(email="newcomer@example.org")
    usual, newcomer.language = newcomer.language, language
    newcomer.save(update_fields=["language"])
    client = Client(headers={"Accept-Language": language, "Host": "127.0.0.1"})
    request = RequestFactory().get("/")
    request.session = client.session
    nina = {"email": "nina@example.org", "name": "Nina", "provider": "google", "uid": "1"}
    service = PendingService(**nina, is_confirmed=True, extra_data={})
    pending_services.remember(request, service)
    request.session.save()
    pages = {}
    with override_settings(LEGAL_DOCUMENTS=documents):
        for name, address in LEGAL.items():
            if name == "legal-accept":
                client.force_login(newcomer)
            pages[name] = client.get(address).content.decode()
    User.objects.filter(pk=newcomer.pk).update(language=usual)
    return pages
