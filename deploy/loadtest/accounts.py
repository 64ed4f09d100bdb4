"""Accounts of simulated users, created in the database of the site."""

import importlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.credits import ledger
from accounts.models import User
from accounts.tokens import tokens
from deploy.loadtest.person import WORDS
from generation.files import object_keys
from generation.models import Image, ImageModel, Job, Status

CREDITS = 1_000_000
ROWS_PER_INSERT = 2_000
CONTENT_TYPE = "image/png"


def make(count: int, *, images: int = 0) -> list[dict[str, str]]:
    """Create `count` accounts and return of each: email, password, session, token.

    Each has `images` images: rows without files, so that lists have realistic costs. All accounts
    share one random password, hashed once.
    """
    password = secrets.token_urlsafe(12)
    encoded = make_password(password)
    run = secrets.token_hex(4)
    users = [
        User(email=f"person-{run}-{number}@loadtest.invalid", password=encoded, language="en")
        for number in range(count)
    ]
    User.objects.bulk_create(users, batch_size=ROWS_PER_INSERT)
    if images:
        _make_images(users, count=images)
    for user in users:
        ledger.open_account(user, credits=CREDITS)
    return [
        {
            "email": user.email,
            "password": password,
            "session": _session(user),
            "token": tokens.issue(user=user, name="loadtest"),
        }
        for user in users
    ]


def _session(user: User) -> str:
    store: Any = importlib.import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def _make_images(users: list[User], *, count: int) -> None:
    """Insert finished jobs and their images, the newest one hour old."""
    model = ImageModel.objects.enabled().earliest("pk")
    last = timezone.now() - timedelta(hours=1)
    jobs = [
        _job(user, model, number, last - timedelta(minutes=20 * (count - number)))
        for user in users
        for number in range(count)
    ]
    Job.objects.bulk_create(jobs, batch_size=ROWS_PER_INSERT)
    Image.objects.bulk_create([_image_of(job) for job in jobs], batch_size=ROWS_PER_INSERT)


def _job(user: User, model: ImageModel, number: int, at: datetime) -> Job:
    words = [WORDS[(number * step + step) % len(WORDS)] for step in (1, 3, 7)]
    return Job(
        user=user,
        model=model,
        prompt=f"{' '.join(words)}, soft light, number {number}",
        width=1024,
        height=1024,
        seed=number,
        credits=1,
        status=Status.SUCCEEDED,
        created_at=at,
        submitted_at=at,
        started_at=at + timedelta(seconds=1),
        finished_at=at + timedelta(seconds=5),
    )


def _image_of(job: Job) -> Image:
    return Image(
        user_id=job.user_id,
        job=job,
        key=object_keys.image_key(job_id=job.id, position=0, content_type=CONTENT_TYPE),
        thumbnail_key=object_keys.thumbnail_key(job_id=job.id, position=0),
        placeholder="data:image/webp;base64,UklGRg==",
        width=job.width,
        height=job.height,
        bytes=1_400_000,
        content_type=CONTENT_TYPE,
        sha256="0" * 64,
        seed=job.seed,
        model_id=job.model_id,
        created_at=job.created_at,
    )
