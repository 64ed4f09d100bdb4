"""Accounts of simulated users: created in the database, or read from a file for a remote site."""

import importlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts import ledger, tokens
from accounts.models import User
from generation.files import storage
from generation.models import Image, ImageModel, Job, Status
from generation.user_data import erasure

DOMAIN = "loadtest.invalid"  # RFC 2606: never a real domain
CREDITS = 1_000_000
ROWS_PER_INSERT = 2_000
WORDS = """
lighthouse harbor mountain valley river bridge winter garden portrait window rain neon island forest
canyon vase cotton paper desert city
""".split()  # noqa: SIM905


@dataclass(frozen=True)
class SimulatedUser:
    """Credentials of one simulated user: password, session cookie, API token."""

    email: str
    password: str = field(repr=False)
    session: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


def make(*, count: int, images: int) -> list[SimulatedUser]:
    """Create `count` accounts with credits, an open session, a token and `images` images each.

    The images are rows without files, so lists have realistic costs; files are never downloaded.
    All accounts share one random password, hashed once.
    """
    password = secrets.token_urlsafe(12)
    encoded = make_password(password)
    run = secrets.token_hex(4)
    users = [
        User(email=f"person-{run}-{number}@{DOMAIN}", password=encoded, language="en")
        for number in range(count)
    ]
    User.objects.bulk_create(users, batch_size=ROWS_PER_INSERT)
    accounts = []
    for user in users:
        ledger.open_account(user, credits=CREDITS)
        token = tokens.issue(user=user, name="loadtest")
        accounts.append(SimulatedUser(user.email, password, session=_session(user), token=token))
    model = ImageModel.objects.enabled().first()
    if images and model is not None:
        _make_images(users, model=model, count=images)
    return accounts


def remove(made: Sequence[SimulatedUser] | None = None) -> int:
    """Erase these accounts, or all that `make` ever created; return how many.

    An account whose image is being stored is locked, and erased by the hourly cleanup.
    """
    # .invalid has no mailboxes.
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    users = User.objects.filter(email__endswith=f"@{DOMAIN}", erased_at=None)
    if made is not None:
        users = users.filter(email__in=[account.email for account in made])
    ids = list(users.values_list("pk", flat=True))
    # Rows without files are deleted in bulk first: erasure takes 500 at a time.
    Image.objects.filter(user__in=ids, job__runpod_id="").delete()
    Job.objects.filter(user__in=ids, status=Status.SUCCEEDED, runpod_id="").delete()
    removed = 0
    for user in users:
        erasure.close(user=user, actor=None, after=timedelta(0))
        removed += erasure.erase(user.pk)
    return removed


def write_file(path: Path, accounts: list[SimulatedUser]) -> None:
    """Write one JSON object per line, readable by the owner only: it has passwords and tokens."""
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.writelines(f"{json.dumps(asdict(account))}\n" for account in accounts)


def read_file(path: Path) -> list[SimulatedUser]:
    """Read a file of `write_file`; raise ValueError for an invalid line."""
    accounts = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            accounts.append(SimulatedUser(**json.loads(line)))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}, line {number}: not an account") from error
    return accounts


def _session(user: User) -> str:
    store: Any = importlib.import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def _make_images(users: list[User], *, model: ImageModel, count: int) -> None:
    """Insert finished jobs and their images, the newest one hour old."""
    jobs = [job for user in users for job in _jobs_of(user, model=model, count=count)]
    Job.objects.bulk_create(jobs, batch_size=ROWS_PER_INSERT)
    Image.objects.bulk_create([_image_of(job) for job in jobs], batch_size=ROWS_PER_INSERT)


def _jobs_of(user: User, *, model: ImageModel, count: int) -> Iterator[Job]:
    last = timezone.now() - timedelta(hours=1)
    for number in range(count):
        at = last - timedelta(minutes=20 * (count - number))
        words = [WORDS[(number * step + step) % len(WORDS)] for step in (1, 3, 7)]
        yield Job(
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
    content_type = "image/png"
    return Image(
        user_id=job.user_id,
        job=job,
        key=storage.image_key(job_id=job.id, position=0, content_type=content_type),
        thumbnail_key=storage.thumbnail_key(job_id=job.id, position=0),
        placeholder="2PcRDYJ4d3eIeIeAh3iIeHiHBw==",
        width=job.width,
        height=job.height,
        bytes=1_400_000,
        content_type=content_type,
        sha256="0" * 64,
        seed=job.seed,
        model_id=job.model_id,
        created_at=job.created_at,
    )
