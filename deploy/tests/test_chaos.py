"""`make chaos`: the short form finds nothing, and what it looks for is found where it is."""

import json
import os
import random
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.test import override_settings

from deploy.chaos.evidence import Evidence, attempt_of, sha256
from deploy.chaos.form import LONG, SHORT
from deploy.chaos.people import Heard
from deploy.chaos.plan import (
    DISTURBANCES,
    PROGRAMS,
    RUNPOD,
    SECOND,
    UserOrder,
    further_orders,
    make,
    marker,
)
from deploy.chaos.report import markdown
from deploy.chaos.verdict import FINDINGS, judge
from generation.demo.emulator import FAULTS
from generation.demo.emulator.painters import tiny_jpeg, tiny_png
from generation.jobs.engine import webhook_tokens
from generation.models import Job

pytestmark = pytest.mark.release(
    "deploy/chaos/",
    "deploy/servers.py",
    "generation/jobs/engine/",
    "generation/jobs/queue/",
    "generation/tasks.py",
    "artgen/processes/",
    "artgen/database/",
    "artgen/redis/",
)

WITHOUT_GUARD = settings.BASE_DIR / "generation" / "testing" / "servers" / "without_guard"
FAULTS_OF_CALLS = {
    (call, fault)
    for table in (RUNPOD, SECOND)
    for call, faults in table.items()
    for fault in faults
}
DOCUMENT = "# ArtGen\n\n<!-- chaos: by hand -->\nearlier\n<!-- chaos: end -->\n\nwords\n"
needs_servers = [
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.faketime,
    pytest.mark.xdist_group("chaos"),
]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.chaos", "--form=short", *arguments]
    return subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


class TestRun:
    pytestmark = needs_servers

    def test_it_loses_doubles_and_misdelivers_nothing(self, tmp_path: Path) -> None:
        document = tmp_path / "README.md"
        document.write_text(DOCUMENT)
        done = run("--seed=3", f"--output={tmp_path}", f"--into={document}")
        assert done.returncode == 0, done.stdout + done.stderr
        saved = json.loads((tmp_path / "chaos-short-3.json").read_text())
        assert saved["findings"] == {name: [] for name in FINDINGS}
        assert saved["not_happened"] == []
        assert (tmp_path / "chaos.md").read_text().strip() in document.read_text()
        assert "earlier" not in document.read_text()
        assert document.read_text().endswith("words\n")

    def test_it_finds_jobs_that_run_twice_without_the_guard(self, tmp_path: Path) -> None:
        arguments = (f"--output={tmp_path}", "--faults", "run", "--jobs=24", "--window=8")
        doubled: list[str] = []
        for seed in range(1, 7):  # in one run the fault may meet no call
            done = run(f"--seed={seed}", *arguments, PYTHONPATH=str(WITHOUT_GUARD))
            saved = json.loads((tmp_path / f"chaos-short-{seed}.json").read_text())
            doubled += saved["findings"]["doubled"]
            if any("RunPod accepted it 2 times" in line for line in doubled):
                assert done.returncode == 1, done.stdout + done.stderr
                return
        raise AssertionError(doubled)


class TestPlan:
    def test_it_follows_from_the_seed(self) -> None:
        assert make(SHORT, seed=5) == make(SHORT, seed=5)
        assert make(SHORT, seed=5) != make(SHORT, seed=6)

    @pytest.mark.parametrize("form", [LONG, SHORT])
    def test_it_has_each_fault_and_all_jobs(self, form) -> None:
        plan = make(form, seed=1)
        planned = {(step.call, step.what) for step in plan.steps}
        assert planned == FAULTS_OF_CALLS | {("", name) for name in DISTURBANCES}
        assert sum(len(order.jobs) for order in plan.orders) == form.jobs
        assert {order.user for order in plan.orders} == set(range(form.users))
        assert {order.program for order in plan.orders} == {"", *PROGRAMS}
        assert max(step.at for step in plan.steps) <= form.window

    def test_users_go_on_with_orders_that_they_cancel(self) -> None:
        plan = make(SHORT, seed=1)
        assert plan.runpod == FAULTS_OF_CALLS
        rounds = further_orders(SHORT, seed=1, number=len(plan.orders))
        further = [order for _n in range(3) for order in next(rounds)]
        numbers = [order.number for order in (*plan.orders, *further)]
        assert numbers == list(range(len(plan.orders) + 3 * SHORT.users))
        assert {order.user for order in further} == set(range(SHORT.users))
        assert all(order.cancel_after is not None for order in further)

    def test_it_names_faults_of_the_emulator(self) -> None:
        assert all(fault in FAULTS[call] for call, fault in FAULTS_OF_CALLS)


def consistent() -> Evidence:
    """Return the evidence of users with a job each: two succeeded, one canceled, and one of
    another program, a batch of one.
    """
    evidence = Evidence([], Heard(), [], [], {}, [], [], [], {}, [], [], [], {}, [], [], {})
    for number, status in enumerate(("succeeded", "succeeded", "canceled", "succeeded")):
        user = {"id": uuid4(), "email": f"user{number}@example.org", "credits": 10, "held": 0}
        job_id, price = uuid4(), 2
        prompt = f"{marker(number)} order {number}"
        job = {
            "id": job_id,
            "user_id": user["id"],
            "prompt": prompt,
            "negative_prompt": "",
            "source_images": [],
            "batch": uuid4() if number == 3 else None,
            "seed": number,
            "width": 256,
            "height": 256,
            "credits": price,
            "attempt": 1,
            "status": status,
            "error_detail": "",
            "stop_pending": False,
            "runpod_id": f"rp-{number}",
        }
        add_event(evidence, number, user, f"job.{status}", {"id": str(job_id)})
        if job["batch"]:
            counts = {"succeeded": 1, "failed": 0, "canceled": 0}
            add_event(
                evidence, number, user, "batch.ended", {"id": str(job["batch"]), "jobs": counts}
            )
        order = UserOrder(number, number, 0.0, [{"prompt": prompt}], ids=[[str(job_id)]])
        evidence.users.append(user)
        evidence.jobs[job_id] = job
        evidence.events.append({"job_id": job_id, "attempt": 1, "name": status})
        evidence.accepted.append(
            {
                "id": f"rp-{number}",
                "job": job_id,
                "attempt": 1,
                "prompt": prompt,
                "accepted_at": 1.0,
                "gone_at": 2.0,
                "fault": "",
                "state": "COMPLETED",
            }
        )
        end = {"kind": "settle", "amount": 0}
        if status == "canceled":
            order.canceled.append(str(job_id))
            end = {"kind": "release", "amount": price}
        grant = {"kind": "grant", "amount": 10 + price - end["amount"], "reference": None}
        for entry in (grant, {"kind": "hold", "amount": -price}, end):
            evidence.entries.append({"user_id": user["id"], "reference": job_id, **entry})
        evidence.orders.append(order)
        evidence.galleries.append([])
        if status == "succeeded":
            add_image(evidence, job)
    by_program(evidence).program, by_program(evidence).ids = PROGRAMS[0], []
    by_program(evidence).files = [{evidence.images[-1]["sha256"]}]
    return evidence


def by_program(evidence: Evidence) -> UserOrder:
    return evidence.orders[-1]


def add_event(evidence: Evidence, number: int, user: dict, type: str, data: dict) -> None:
    message = {
        "id": uuid4(),
        "user_id": user["id"],
        "body": json.dumps({"type": type, "data": data}),
    }
    evidence.messages.append(message)
    id, body = f"msg_{message['id'].hex}", message["body"]
    evidence.received.append({"user": number, "id": id, "body": body, "is_valid": True})


def add_image(evidence: Evidence, job: dict) -> None:
    paint = tiny_jpeg if job["seed"] else tiny_png
    number = zlib.crc32(f"{job['prompt']}\0\0{job['seed']}".encode())
    data = paint(256, 256, number)
    image = {
        "id": uuid4(),
        "job_id": job["id"],
        "user_id": job["user_id"],
        "key": f"images/{job['id']}",
        "thumbnail_key": f"thumbnails/{job['id']}",
        "large_key": "",
        "sha256": sha256(data),
        "bytes": len(data),
    }
    evidence.images.append(image)
    evidence.files |= {image["key"]: data, image["thumbnail_key"]: b"small"}
    evidence.galleries[-1].append({"id": str(image["id"]), "file": data})


def first(evidence: Evidence) -> dict:
    return next(iter(evidence.jobs.values()))


def no_answer(evidence: Evidence) -> None:
    evidence.orders[0].ids.clear()


def no_row(evidence: Evidence) -> None:
    evidence.orders[0].ids[0][0] = str(uuid4())


def canceled_in_vain(evidence: Evidence) -> None:
    evidence.orders[0].canceled.append(str(first(evidence)["id"]))


def not_final(evidence: Evidence) -> None:
    first(evidence)["status"] = "storing"


def two_ends(evidence: Evidence) -> None:
    evidence.events.append(evidence.events[0])


def accepted_twice(evidence: Evidence) -> None:
    evidence.accepted.append({**evidence.accepted[0], "id": "rp-again", "accepted_at": 3.0})


def hold_ended_twice(evidence: Evidence) -> None:
    evidence.entries.append({**evidence.entries[2]})


def placed_twice(evidence: Evidence) -> None:
    job = {**first(evidence), "id": uuid4(), "status": "submitted", "runpod_id": ""}
    evidence.jobs[job["id"]] = job


def placed_twice_by_program(evidence: Evidence) -> None:
    last = list(evidence.jobs.values())[-1]
    job = {**last, "id": uuid4(), "status": "submitted", "runpod_id": "", "batch": None}
    evidence.jobs[job["id"]] = job


def not_placed_by_program(evidence: Evidence) -> None:
    by_program(evidence).jobs = [{"prompt": "another"}]
    by_program(evidence).files.clear()


def program_without_answer(evidence: Evidence) -> None:
    by_program(evidence).files.clear()
    by_program(evidence).refused = "500 although there is an image"


def program_sent_anothers_image(evidence: Evidence) -> None:
    by_program(evidence).files.append({evidence.images[0]["sha256"]})


def overlap(evidence: Evidence) -> None:
    second = {**evidence.accepted[0], "id": "rp-again", "attempt": 2, "accepted_at": 1.5}
    evidence.accepted.append(second)


def called_while_it_ran(evidence: Evidence) -> None:
    evidence.made.append({**evidence.accepted[0], "id": "made", "accepted_at": 1.5})


def called_twice(evidence: Evidence) -> None:
    for at in (3.0, 5.0):
        call = {**evidence.accepted[0], "id": "made", "accepted_at": at, "gone_at": at + 1}
        evidence.made.append(call)


def swapped_files(evidence: Evidence) -> None:
    one, two, _ = evidence.images
    evidence.files[one["key"]], evidence.files[two["key"]] = (
        evidence.files[two["key"]],
        evidence.files[one["key"]],
    )
    for name in ("sha256", "bytes"):
        one[name], two[name] = two[name], one[name]
    for image, (shown,) in zip((one, two), evidence.galleries, strict=False):
        shown["file"] = evidence.files[image["key"]]


def anothers_event(evidence: Evidence) -> None:
    evidence.heard.foreign.append("user 0 was sent 'a lighthouse of user 1: …'")


def anothers_runpod_job(evidence: Evidence) -> None:
    evidence.accepted[0]["job"] = evidence.accepted[1]["job"]
    evidence.accepted[0]["attempt"] = 2
    evidence.accepted[0]["accepted_at"] = evidence.accepted[0]["gone_at"] = 5.0


def shown_to_another(evidence: Evidence) -> None:
    evidence.galleries[2] = evidence.galleries[0]


def under_anothers_key(evidence: Evidence) -> None:
    one, two, _ = evidence.images
    key = f"{two['key']}-1"
    evidence.files[key] = evidence.files.pop(one["key"])
    one["key"] = key


def file_gone(evidence: Evidence) -> None:
    del evidence.files[evidence.images[0]["thumbnail_key"]]


def image_gone(evidence: Evidence) -> None:
    gone = evidence.images.pop(0)
    evidence.galleries[0].clear()
    for name in ("key", "thumbnail_key"):
        del evidence.files[gone[name]]


def orphan(evidence: Evidence) -> None:
    evidence.files["images/somebody/b"] = b"an image"


def free_credits(evidence: Evidence) -> None:
    evidence.users[0]["credits"] += 1


def hold_open(evidence: Evidence) -> None:
    evidence.entries.pop(2)


def released_though_succeeded(evidence: Evidence) -> None:
    evidence.entries[2] |= {"kind": "release", "amount": 2}
    evidence.users[0]["credits"] += 2


def webhook_not_received(evidence: Evidence) -> None:
    evidence.received.pop()


def event_doubled(evidence: Evidence) -> None:
    again = {**evidence.messages[0], "id": uuid4()}
    evidence.messages.append(again)
    evidence.received.append({**evidence.received[0], "id": f"msg_{again['id'].hex}"})


def event_of_another(evidence: Evidence) -> None:
    evidence.received[0]["user"] = 1


def event_lost(evidence: Evidence) -> None:
    evidence.messages.pop()
    evidence.received.pop()


def event_of_a_batch_before_its_end(evidence: Evidence) -> None:
    event = json.loads(evidence.messages[-1]["body"])
    event["data"]["jobs"] = {"succeeded": 0, "failed": 0, "canceled": 0}
    evidence.messages[-1]["body"] = evidence.received[-1]["body"] = json.dumps(event)


def event_changed_on_its_way(evidence: Evidence) -> None:
    evidence.received.append({**evidence.received[0], "body": "{}"})


def webhook_unsigned(evidence: Evidence) -> None:
    evidence.received[0]["is_valid"] = False


class TestVerdict:
    def test_it_finds_nothing_where_nothing_is_wrong(self) -> None:
        assert judge(consistent()) == {name: [] for name in FINDINGS}

    @pytest.mark.parametrize(
        ("spoil", "kinds"),
        [
            (no_answer, {"unanswered"}),
            (no_row, {"lost"}),
            (canceled_in_vain, {"lost"}),
            (
                not_final,
                {"unfinished", "wrong or missing files", "wrong balances or holds", "webhooks"},
            ),
            (two_ends, {"unfinished"}),
            (accepted_twice, {"doubled"}),
            (hold_ended_twice, {"doubled", "wrong balances or holds"}),
            (
                placed_twice,
                {"doubled", "unfinished", "wrong balances or holds"},
            ),
            (
                placed_twice_by_program,
                {
                    *("doubled", "unfinished", "wrong balances or holds"),
                    "orders of other programs",
                },
            ),
            (not_placed_by_program, {"orders of other programs"}),
            (program_without_answer, {"orders of other programs"}),
            (program_sent_anothers_image, {"orders of other programs"}),
            (overlap, {"at two endpoints at once"}),
            (called_while_it_ran, {"at two endpoints at once"}),
            (called_twice, {"doubled"}),
            (swapped_files, {"misdelivered"}),
            (anothers_event, {"misdelivered"}),
            (anothers_runpod_job, {"misdelivered"}),
            (shown_to_another, {"misdelivered"}),
            (under_anothers_key, {"misdelivered"}),
            (file_gone, {"wrong or missing files"}),
            (image_gone, {"wrong or missing files"}),
            (orphan, {"orphan files"}),
            (free_credits, {"wrong balances or holds"}),
            (hold_open, {"wrong balances or holds"}),
            (released_though_succeeded, {"wrong balances or holds"}),
            (webhook_not_received, {"webhooks"}),
            (event_doubled, {"webhooks"}),
            (event_of_another, {"webhooks"}),
            (event_lost, {"webhooks"}),
            (event_of_a_batch_before_its_end, {"webhooks"}),
            (event_changed_on_its_way, {"webhooks"}),
            (webhook_unsigned, {"webhooks"}),
        ],
    )
    def test_it_finds_what_is_wrong(
        self, spoil: Callable[[Evidence], None], kinds: set[str]
    ) -> None:
        evidence = consistent()
        spoil(evidence)
        assert {name for name, lines in judge(evidence).items() if lines} == kinds

    def test_it_reads_the_attempt_from_the_address_of_a_webhook(self) -> None:
        job = Job(id=UUID(int=random.Random(1).getrandbits(128)), attempt=2)
        with override_settings(RUNPOD_REACHES_US=True):
            address = webhook_tokens.address(job)
        assert address
        assert attempt_of(address) == {"job": job.id, "attempt": 2}


class TestTable:
    def test_it_has_a_column_for_each_seed(self) -> None:
        one = {"seed": 1, "commit": "abc", "at": "now", "lines": {"lost": "0"}}
        assert markdown([one, one | {"seed": 2}]).splitlines()[:3] == [
            "| | seed 1 | seed 2 |",
            "|---|---:|---:|",
            "| lost | 0 | 0 |",
        ]
