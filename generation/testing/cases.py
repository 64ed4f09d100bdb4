"""Base classes of tests: users, the catalog, a RunPod emulator, a worker, and helpers of time."""

import io
from datetime import timedelta
from functools import cache as cache_of_process
from typing import Any, ClassVar
from uuid import UUID, uuid4

from celery import Task
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import models, transaction
from django.db.models import F
from django.test import TestCase, override_settings

from accounts.credits import holds, ledger
from accounts.models import CreditEntry, User
from artgen.processes.celery import app
from generation import tasks
from generation.demo.emulator import Emulator, EmulatorOptions
from generation.demo.emulator.recorded_calls import Call
from generation.demo.emulator.wavespeed_replies import WEBHOOK_SECRET
from generation.jobs.engine import lifecycle
from generation.jobs.queue import scheduling
from generation.jobs.queue.scheduling import Openings
from generation.models import Endpoint, Image, ImageModel, Job, Status, Style, model_cache
from generation.moderation import compiled_rules
from generation.testing import orders


def make_user(email: str, *, credits: int = 100, **fields: Any) -> User:
    """Return a new user whose password is "password"."""
    user = User.objects.create_user(email, "password", language="en", **fields)
    if credits:
        ledger.grant(user=user, amount=credits, reason="for the test")
    user.refresh_from_db()
    return user


def hold(
    *, user: User, amount: int, reference: UUID | None = None, reason: str = ""
) -> CreditEntry:
    """Hold credits for one job, as an order does, and return the entry."""
    order = holds.Hold(reference or uuid4(), amount, reason)
    with transaction.atomic():
        holds.hold_all(user=user, holds=[order])
    return CreditEntry.objects.get(reference=order.reference, kind=CreditEntry.Kind.HOLD)


def load_catalog() -> None:
    """Load the catalog as its command does; after the first time, insert copies of those rows."""
    if ImageModel.objects.exists() or Style.objects.exists():
        call_command("load_catalog", stdout=io.StringIO())
        model_cache.forget()
        return
    tables = _catalog()
    for kind in (ImageModel, Style):
        kind._default_manager.bulk_create([kind(**row) for row in tables[kind]])
    ids = dict(ImageModel.objects.values_list("slug", "id"))
    of_models = zip(tables[ImageModel], tables[Endpoint], strict=True)
    Endpoint.objects.bulk_create(
        [Endpoint(model_id=ids[model["slug"]], **endpoint) for model, endpoint in of_models]
    )
    model_cache.forget()


@cache_of_process
def _catalog() -> dict[type[models.Model], list[dict[str, Any]]]:
    """Return the values of the rows; to validate the file takes longer than many a test.

    An endpoint for each model, in the order of the models.
    """
    with transaction.atomic(), override_settings(RUNPOD_API_KEY="test"):
        call_command("load_catalog", stdout=io.StringIO())
        order = {ImageModel: "id", Style: "id", Endpoint: "model"}
        rows = {
            kind: list(kind._default_manager.order_by(by).values()) for kind, by in order.items()
        }
        transaction.set_rollback(True)
    left_out = {"id", "model_id"}
    return {
        kind: [{key: row[key] for key in row.keys() - left_out} for row in values]
        for kind, values in rows.items()
    }


def let_time_pass(job_id: UUID, *, seconds: float = 3600) -> None:
    """Move a job's timestamps back by `seconds`."""
    back = timedelta(seconds=seconds)
    for column in (
        "due_at",
        "parked_until",
        "submitted_at",
        "missing_since",
        "deadline_at",
        "started_at",
        "created_at",
    ):
        Job.objects.filter(id=job_id, **{f"{column}__isnull": False}).update(
            **{column: F(column) - back}
        )


def make_due(*job_ids: UUID) -> None:
    """Make jobs due now, all active ones by default."""
    jobs = Job.objects.active()
    if job_ids:
        jobs = jobs.filter(id__in=job_ids)
    jobs.update(due_at=F("created_at"))


def let_models_rest() -> None:
    """End the pauses of all models, and all submissions in progress."""
    Endpoint.objects.update(submit_after=None)
    unknown = Job.objects.filter(status=Status.SUBMITTED, runpod_id="")
    unknown.update(submitted_at=F("submitted_at") - scheduling.SUBMISSION)


def submit_only(job: Job) -> Job:
    """Submit only this job, without RunPod, and return it."""
    others = Job.objects.queued().exclude(id=job.id)
    others.update(due_at=F("due_at") + timedelta(days=1))
    model = ImageModel.objects.get(pk=job.model_id)
    taken = lifecycle.begin_submission(Openings(model, [model.endpoint]))
    (submitted,) = lifecycle.store_accepted([(one, f"rp-{one.id}") for one in taken])
    others.update(due_at=F("due_at") - timedelta(days=1))
    return submitted


def work() -> None:
    """Run the tick, and the tasks of all messages, as beat and a worker do."""
    run_task(tasks.tick)
    run_messages()


def catch_up() -> None:
    """Apply RunPod's status of every job, due or not, and run the tasks of all messages."""
    Job.objects.at_provider().exclude(runpod_id="").update(due_at=F("created_at"))
    work()


def store_all() -> None:
    """Store the images of all jobs that are due."""
    run_task(tasks.store)
    run_messages()


def run_messages() -> None:
    """Run the tasks of all messages at the broker, and of those that they send."""
    while calls := take_messages():
        for name, *arguments in calls:
            run_task(app.tasks[name], *arguments)


def take_messages() -> list[list[str]]:
    """Take the next message of each queue; return the names of their tasks with the arguments."""
    with app.connection_or_acquire() as connection:
        channel = connection.default_channel  # a new one takes longer than the messages
        queues = [queue.bind(channel) for queue in settings.CELERY_TASK_QUEUES]
        messages = [message for queue in queues if (message := queue.get(no_ack=True))]
        return [[one.headers["task"], *one.payload[0]] for one in messages]


def run_task(task: Task[Any, Any], *arguments: str) -> None:
    """Run the task, and what it asked for after its commit."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        task(*arguments)  # not `apply`, whose signals would close the connection of a TestCase


class BaseTestCase(TestCase):
    """A TestCase with three users and an empty cache. Alice and bob have 100 credits each."""

    alice: ClassVar[User]
    bob: ClassVar[User]
    staff: ClassVar[User]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.alice = make_user("alice@example.org")
        cls.bob = make_user("bob@example.org")
        cls.staff = make_user("staff@example.org", is_staff=True, is_superuser=True)

    make_user = staticmethod(make_user)
    load_catalog = staticmethod(load_catalog)

    def setUp(self) -> None:
        cache.clear()  # all of this Redis database
        if settings.CELERY_BROKER_URL != settings.REDIS_URL:
            app.control.purge()
        model_cache.forget()
        compiled_rules.read()


class EmulatorTestCase(BaseTestCase):
    """A TestCase with the catalog and an emulator, whose time `self.emulator.advance` moves."""

    emulator: Emulator

    @classmethod
    def setUpTestData(cls) -> None:
        """Create the users and the models."""
        super().setUpTestData()
        load_catalog()

    def setUp(self) -> None:
        """Start an emulator for each test."""
        super().setUp()
        self.emulator = self.enterContext(emulated())

    def place(
        self, *, user: User | None = None, model: str = "flux-schnell", **request: Any
    ) -> Job:
        """Place a job, by default alice's, and return it."""
        request = {"prompt": "a lighthouse at dusk", "width": 256, "height": 256, **request}
        return orders.place(user=user or self.alice, request={"model": model, **request}).jobs[0]

    def tick(self, *, seconds: float = 0) -> None:
        """Let RunPod work for `seconds`, then do what is due."""
        self.emulator.advance(seconds)
        make_due()
        work()

    def finish(self, job: Job) -> Job:
        """Let RunPod work until the job has ended, at most for a minute, and return it."""
        for _ in range(20):
            self.tick(seconds=3)
            job.refresh_from_db()
            if job.is_final:
                break
        return job

    def runs(self) -> list[Call]:
        """Return the calls that sent jobs to RunPod."""
        return [call for call in self.emulator.calls if call.call == "run"]

    def kinds(self, job: Job) -> list[str]:
        """Return the kinds of the job's entries in the ledger."""
        entries = CreditEntry.objects.filter(reference=job.id).order_by("id")
        return list(entries.values_list("kind", flat=True))

    def draw(self, **request: Any) -> Image:
        """Place a job as `place` does, let RunPod do all that waits, and return its image."""
        job = self.place(**request)
        self.draw_all(job.model.slug)
        return Image.objects.get(job=job)

    def draw_all(self, model: str = "flux-schnell") -> None:
        """Let RunPod do all that waits for the model."""
        run_task(tasks.submit, model)
        while Job.objects.at_provider().exists():
            self.emulator.advance(10)
            catch_up()


def emulated(**options: Any) -> Any:
    """Return a context manager that starts an Emulator and changes the settings to use it."""
    return _Emulated(**{"manual": True, "seconds": 5.0, **options})


class _Emulated:
    def __init__(self, **options: Any) -> None:
        self.emulator = Emulator(EmulatorOptions(api_key="test", **{"cdn": "localhost", **options}))

    def __enter__(self) -> Emulator:
        self.emulator.start()
        self.settings = override_settings(
            RUNPOD_API_KEY="test",
            RUNPOD_BASE_URL=self.emulator.base_url,
            WAVESPEED_API_KEY="test",
            WAVESPEED_BASE_URL=self.emulator.wavespeed_url,
            WAVESPEED_WEBHOOK_SECRET=WEBHOOK_SECRET,
            RUNPOD_IMAGE_HOSTS=[self.emulator.image_host, self.emulator.cdn_host],
        )
        self.settings.enable()
        return self.emulator

    def __exit__(self, *error: object) -> None:
        self.settings.disable()
        self.emulator.stop()
