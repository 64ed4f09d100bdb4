"""What was sold in a month against what it cost, and against RunPod's bill."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from accounts.credits import ledger
from artgen.database.ids import first_id
from generation.catalog.catalog_file import CATALOG_FILE
from generation.demo.emulator import Emulator, EmulatorOptions
from generation.files import uploads
from generation.models import Endpoint, ImageModel, Job, PromptSpending, Status
from generation.operations import reconciliation, retention
from generation.operations.reconciliation import PromptCosts
from generation.providers import bill as bill_file
from generation.providers.bill import Bill, InvalidBill
from generation.providers.call_errors import CallFailed
from generation.providers.runpod import billing
from generation.testing.cases import BaseTestCase, EmulatorTestCase
from generation.testing.commands import run as run_command
from generation.testing.rows.api import make_job
from generation.testing.rows.image_files import noise, png
from generation.user_data import erasure

PAGE = "/admin/generation/imagemodel/costs/"
MARCH = date(2026, 3, 1)


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("reconcile_costs", *arguments, stdout=out, stderr=out)
    return out.getvalue()


class CostsTestCase(BaseTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.load_catalog()
        ImageModel.objects.filter(slug="flux-schnell").update(expected_cost={"per_image": "0.003"})

    number = 0

    def job(self, at: datetime, slug: str = "flux-schnell", **fields: Any) -> None:
        """Create a job of this time."""
        CostsTestCase.number += 1
        sent_at = fields.pop("sent_at", at)
        job = make_job(
            self.alice, status=fields.pop("status", Status.SUCCEEDED), credits=2,
            model=slug, **fields,
        )  # fmt: skip
        id = first_id(at).int + CostsTestCase.number
        Job.objects.filter(id=job.id).update(
            id=type(job.id)(int=id), created_at=at, submitted_at=sent_at
        )

    def month(self) -> None:
        """Create the jobs of a March with its borders."""
        for moment in ((2026, 3, 1), (2026, 3, 31, 23, 59, 59)):
            self.job(datetime(*moment, tzinfo=UTC), cost=Decimal("0.004"))
        self.job(datetime(2026, 3, 2, tzinfo=UTC))  # RunPod reported no cost
        self.job(datetime(2026, 3, 3, tzinfo=UTC), status=Status.FAILED, error_code="failed",
                 cost=Decimal("0.002"))  # fmt: skip
        self.job(datetime(2026, 3, 3, tzinfo=UTC), status=Status.FAILED, error_code="failed")
        self.job(datetime(2026, 3, 4, tzinfo=UTC), status=Status.CANCELED)
        for moment in ((2026, 4, 1), (2026, 2, 28, 23, 59, 59)):
            self.job(datetime(*moment, tzinfo=UTC), cost=Decimal(5))


class TestMonth(CostsTestCase):
    def test_it_sums_the_jobs_of_a_month(self) -> None:
        self.month()
        with self.assertNumQueries(5):
            found = reconciliation.of_month(MARCH)
        (one,) = found.models
        assert (one.slug, one.jobs, one.credits) == ("flux-schnell", 3, 6)
        assert (one.recorded, one.expected) == (Decimal("0.01"), Decimal("0.009"))
        assert (one.failed_jobs, one.failed, one.unrecorded_jobs) == (1, Decimal("0.002"), 1)
        assert one.drift == Decimal("0.01") / Decimal("0.009") - 1
        assert found.total.recorded == one.recorded

    def test_it_counts_a_job_that_waited_for_a_budget_in_the_month_of_its_bill(self) -> None:
        sent_at = datetime(2026, 3, 1, tzinfo=UTC)
        self.job(datetime(2026, 2, 2, tzinfo=UTC), cost=Decimal(1), sent_at=sent_at)
        late = datetime(2026, 4, 1, tzinfo=UTC)
        self.job(datetime(2026, 3, 30, tzinfo=UTC), cost=Decimal(1), sent_at=late)
        months = (date(2026, 2, 1), MARCH, date(2026, 4, 1))
        assert [reconciliation.of_month(month).total.jobs for month in months] == [0, 1, 1]

    def test_it_keeps_what_deleted_jobs_were_sold_for_and_cost(self) -> None:
        self.month()
        Job.objects.update(finished_at=timezone.now())
        months = (date(2026, 2, 1), MARCH, date(2026, 4, 1))
        before = [reconciliation.of_month(month) for month in months]

        retention.delete_jobs(finished_before=timezone.now())
        assert Job.objects.count() == 5
        assert [reconciliation.of_month(month) for month in months] == before
        erasure.close(user=self.alice, actor=None, after=timedelta())
        erasure.erase(self.alice.pk)

        assert Job.objects.count() == 0
        assert [reconciliation.of_month(month) for month in months] == before
        self.client.force_login(self.staff)
        address = (
            f"/admin/generation/imagemodel/{ImageModel.objects.get(slug='flux-schnell').pk}/delete/"
        )
        assert self.client.get(address).status_code == 403

    def test_the_command_prints_what_scripts_rely_on(self) -> None:
        self.month()
        document = json.loads(run("--month", "2026-03", "--no-bill", "--json"))
        assert document["month"] == "2026-03"
        (model,) = document["models"]
        assert {name: model[name] for name in
                ("slug", "jobs", "credits", "recorded_usd", "expected_usd", "failed_usd")} == {
            "slug": "flux-schnell", "jobs": 3, "credits": 6, "recorded_usd": 0.01,
            "expected_usd": 0.009, "failed_usd": 0.002,
        }  # fmt: skip
        assert document["total"]["jobs"] == 3
        text = run("--month", "2026-03", "--no-bill")
        assert "flux-schnell" in text
        assert "+11.1%" in text
        assert json.loads(run("--month", "2020-01", "--no-bill", "--json"))["models"] == []

    def test_it_refuses_what_is_no_month(self) -> None:
        for month in ("2026-13", "March", "2026", "9999-12", "0001-01"):
            with pytest.raises(CommandError):
                run("--month", month)


class TestPrompts(CostsTestCase):
    """Calls of the prompt helper, which have no model."""

    def setUp(self) -> None:
        super().setUp()
        for day, billed_day in (
            (date(2026, 3, 1), date(2026, 2, 28)),  # the clock of TIME_ZONE is ahead
            (date(2026, 3, 1), MARCH),
            (date(2026, 4, 1), date(2026, 3, 31)),
        ):
            for group_id in (0, 7):
                PromptSpending.objects.create(
                    day=day, billed_day=billed_day, group_id=group_id,
                    calls=10, credits=9, usd=Decimal("0.25"),
                )  # fmt: skip

    def test_they_are_a_line_of_their_own_by_utc(self) -> None:
        found = reconciliation.of_month(MARCH)
        assert found.models == []
        assert found.prompts == PromptCosts(calls=20, credits=18, expected=Decimal("0.5"))
        assert found.revenue == Decimal("0.18")
        document = json.loads(run("--month", "2026-03", "--no-bill", "--json"))
        assert document["prompt_helper"] == {"calls": 20, "credits": 18, "expected_usd": 0.5}
        text = run("--month", "2026-03", "--no-bill")
        assert ["20", "calls", "18", "0.5000"] in [line.split() for line in text.splitlines()]
        self.client.force_login(self.staff)
        self.assertContains(self.client.get(PAGE, {"month": "2026-03"}), "<td>$0.5000</td>")

    def test_they_count_for_the_bill_of_their_endpoint(self) -> None:
        public, own = Bill({}, Decimal(1)), Bill({"my-qwen": Decimal(1)}, None)
        for address, bill, known in (
            ("https://api.runpod.ai/v2/qwen3-32b/openai/v1", public, [Decimal("0.5")]),
            ("https://api.runpod.ai/v2/my-qwen/openai/v1", own, [Decimal("0.5")]),
            ("https://texts.example.org/v1", public, [0]),
        ):
            with override_settings(
                RUNPOD_BASE_URL="https://api.runpod.ai/v2", PROMPT_HELPER_URL=address
            ):
                found = reconciliation.of_month(MARCH, bill=bill)
            assert [line.known for line in found.lines] == known, address


class TestBill(CostsTestCase):
    def file(self, text: str | bytes) -> Path:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "bill.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def parse(self, text: str) -> Bill:
        start, end = reconciliation.period(MARCH)
        return bill_file.parse_csv(text.encode(), start=start, end=end)

    def test_it_compares_public_endpoints_as_one_total_and_own_ones_one_by_one(self) -> None:
        self.month()
        path = self.file("endpoint,amount\npublic,0.05\nmine-1,1.5\nmine-1,0.5\n")
        document = json.loads(run("--month", "2026-03", "--bill", str(path), "--json"))
        assert document["bill"]["total_usd"] == 2.05
        own, public = document["bill"]["lines"]
        assert (own["endpoint"], own["models"], own["billed_usd"]) == ("mine-1", [], 2.0)
        assert (public["endpoint"], public["models"]) == ("public", ["flux-schnell"])
        assert public["difference_usd"] == pytest.approx(0.05 - 0.013)

    def test_it_reads_the_names_of_the_api_and_keeps_to_the_month(self) -> None:
        bill = self.parse(
            "\ufeffstartTime;serverlessId;totalAmount\n2026-03-01T00:00:00Z;a;$1\n"
            "2026-04-01;a;7\n2026-02-28;;9\n2026-03-31;;2\n"
        )
        assert bill == Bill({"a": Decimal(1)}, Decimal(2))
        assert bill.total == 3

    def test_it_accepts_names_and_wrappings_of_other_versions_of_the_api(self) -> None:
        own = [
            {"serverlessId": "a", "totalAmount": 1.5},
            {"serverless_id": "a", "total_amount": "0.5"},
            {"endpointId": "b", "amountUsd": 2},
            {"serverlessId": None, "amount": 0.25},
        ]
        public = [{"totalAmount": 3}, {"name": "flux", "cost": "$0.5"}]
        for wrapped in (
            lambda rows: rows,
            lambda rows: {"records": rows},
            lambda rows: {"Data": rows},
        ):
            bill = billing.of_replies(own=wrapped(own), public=wrapped(public))
            assert bill.own == {"a": Decimal(2), "b": Decimal(2), "unknown": Decimal("0.25")}
            assert bill.public == Decimal("3.5")
        assert billing.of_replies(own=[], public=[]).public == 0

    def test_a_reply_that_it_cannot_read_is_an_error_and_never_a_bill_of_0(self) -> None:
        for reply in (
            *({}, None, "", 0, {"totalAmount": 4}, {"records": None}, {"records": ["a"]}),
            *([{"price": 3}], [{"totalAmount": None}], [{"totalAmount": "much"}], [[1]]),
            [{"totalAmount": "Infinity"}],
        ):
            with pytest.raises(CallFailed):
                billing.of_replies(own=[], public=reply)
            with pytest.raises(CallFailed):
                billing.of_replies(own=reply, public=[])

    def test_it_refuses_what_is_no_bill(self) -> None:
        for text in (
            "endpoint,price\na,1\n",
            "who,amount\na,1\n",
            "endpoint,amount\na,much\n",
            "endpoint,amount\na,NaN\n",
            "endpoint,amount\na\n",
            "endpoint,amount,time\na,1,soon\n",
        ):
            with pytest.raises(InvalidBill):
                self.parse(text)
        with pytest.raises(CommandError):
            run("--month", "2026-03", "--bill", str(self.file(b"\xff\xfe")))
        with pytest.raises(CommandError):
            run("--month", "2026-03", "--bill", "/nowhere/bill.csv")


class TestSecondProvider(CostsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.month()
        self.there = Endpoint.objects.create(
            model=ImageModel.objects.get(slug="flux-schnell"),
            provider="wavespeed",
            endpoint_id="wavespeed-ai/flux-schnell",
            preference=1,
            expected_cost={"per_image": "0.001"},
        )
        at = datetime(2026, 3, 5, tzinfo=UTC)
        self.job(at, endpoint=self.there, unreported_usd=Decimal("0.001"))

    def lines(self, bill: Bill, provider: str) -> list[tuple[str, tuple[str, ...], str]]:
        found = reconciliation.of_month(MARCH, bill=bill, provider=provider)
        assert found.total.expected == Decimal("0.01"), "by the cost of each endpoint"
        return [(line.endpoint, line.slugs, f"{line.known:.3f}") for line in found.lines]

    def test_a_bill_is_compared_with_the_jobs_of_its_provider(self) -> None:
        bill = Bill({"other": Decimal(1), self.there.endpoint_id: Decimal("0.0015")})
        at_wavespeed = [
            ("other", (), "0.000"),
            (self.there.endpoint_id, ("flux-schnell",), "0.001"),
        ]
        at_provider = [("public", ("flux-schnell",), "0.013")]
        assert self.lines(bill, "wavespeed") == at_wavespeed
        assert self.lines(Bill({}, Decimal(1)), "runpod") == at_provider

        Job.objects.update(finished_at=timezone.now())
        retention.delete_jobs(finished_before=timezone.now())
        erasure.close(user=self.alice, actor=None, after=timedelta())
        erasure.erase(self.alice.pk)
        assert not Job.objects.exists()
        assert self.lines(bill, "wavespeed") == at_wavespeed
        assert self.lines(Bill({}, Decimal(1)), "runpod") == at_provider

    def test_staff_choose_whose_bill_it_is(self) -> None:
        self.client.force_login(self.staff)
        address = f"{PAGE}?month=2026-03"
        text = f"endpoint,amount\n{self.there.endpoint_id},0.0015\n".encode()
        self.assertNotContains(self.client.get(address), "Ask for the bill")
        with override_settings(WAVESPEED_API_KEY="test"):
            page = self.client.post(
                address,
                {
                    "source": "file",
                    "provider": "wavespeed",
                    "bill": SimpleUploadedFile("bill.csv", text),
                },
            )
        self.assertContains(page, "Bill of WaveSpeed")
        self.assertContains(page, "Ask for the bill")
        self.assertContains(page, "$0.0005")
        note = json.loads(run("--month", "2026-03", "--provider", "wavespeed", "--json"))["note"]
        assert "WAVESPEED_API_KEY is not set" in note


class TestPage(CostsTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.month()
        self.client.force_login(self.staff)

    def test_it_shows_the_month(self) -> None:
        page = self.client.get(PAGE, {"month": "2026-03"})
        self.assertContains(page, "Costs of March 2026")
        self.assertContains(page, "+11.1 %")
        self.assertContains(page, "?month=2026-02")
        self.assertContains(page, "?month=2026-04")
        self.assertContains(self.client.get("/admin/generation/imagemodel/"), PAGE)

    def test_it_compares_with_a_file(self) -> None:
        bill = SimpleUploadedFile("bill.csv", b"endpoint,amount\npublic,0.05\n")
        page = self.client.post(f"{PAGE}?month=2026-03", {"source": "file", "bill": bill})
        self.assertContains(page, "all public endpoints")
        self.assertContains(page, "$0.0500")
        wrong = SimpleUploadedFile("bill.csv", b"<html>")
        page = self.client.post(f"{PAGE}?month=2026-03", {"source": "file", "bill": wrong})
        self.assertContains(page, "Costs of March 2026")
        page = self.client.post(f"{PAGE}?month=2026-03", {"source": "file"})
        self.assertContains(page, "Choose a file.")


@pytest.mark.slow
@override_settings(RUNPOD_REACHES_US=False)
class TestBillsOfAMonth(EmulatorTestCase):
    """A month of jobs of every kind at the emulator, against what it bills for them."""

    def setUp(self) -> None:
        super().setUp()
        run_command("load_catalog", str(CATALOG_FILE.with_name("wavespeed.toml")))
        run_command("check_catalog", "--take-prices", "--switch-on", "--yes")
        ledger.grant(user=self.alice, amount=9000, reason="for the test")
        self.source = str(uploads.keep(user=self.alice, data=png((832, 1248))).id)
        self.mask = str(uploads.keep(user=self.alice, data=noise(832, 1248)).id)

    def make(self, at: datetime, model: str, **request: Any) -> None:
        """Make an image that the provider accepts and bills at this time."""
        known = len(self.emulator.jobs)
        job = self.finish(self.place(model=model, **request))
        assert job.is_final
        for there in self.emulator.jobs[known:]:
            there.record.accepted_at = there.record.gone_at = at.timestamp()
        Job.objects.filter(id=job.id).update(submitted_at=at)

    def edit(self, at: datetime, model: str, sources: int = 1, **request: Any) -> None:
        request = {"width": None, "height": None, **request}
        self.make(at, model, source_images=[self.source] * sources, **request)

    def month(self, start: datetime, end: datetime) -> None:
        days = iter([start, *(start + timedelta(days=day) for day in range(1, 27))])
        for model, sizes in (
            ("flux-schnell", [(256, 256), (1536, 1024)]),  # by megapixel
            ("flux-dev", [(512, 512)]),
            ("qwen-image", [(1328, 1328)]),  # by image
            ("flux-2-dev", [(512, 512), (1536, 1536)]),
            ("gpt-image-2-5", [(1024, 1024)]),
        ):
            for width, height in sizes:
                self.make(next(days), model, width=width, height=height)
        self.edit(next(days), "qwen-image-edit-2511", sources=3, width=1024, height=1024)
        self.edit(next(days), "seedream-5-pro-edit", sources=2)
        self.edit(next(days), "flux-dev-inpaint", mask=self.mask)
        self.edit(next(days), "background-remover", scale=1, prompt="")
        for model in ("crystal-upscaler", "creative-upscaler"):  # by the size of the result
            for scale in (2, 4):
                self.edit(next(days), model, scale=scale, prompt="")
        for model, fault in (("flux-dev", "failed_cost"), ("flux-2-dev", "fail_traceback")):
            self.emulator.faults.next("job", fault)
            self.make(next(days), model, width=512, height=512)
        self.make(end - timedelta(minutes=1), "flux-2-max", width=1024, height=1024)

    def test_each_agrees_within_two_percent(self) -> None:
        today = datetime.now(UTC).date()
        start, end = reconciliation.period(today)
        self.month(start, end)
        for at in (start - timedelta(minutes=1), end):
            for model, side in (("flux-2-max", 1024), ("qwen-image", 1328)):
                self.make(at, model, width=side, height=side)
        for provider, least in (("wavespeed", Decimal("0.6")), ("runpod", Decimal("0.05"))):
            with override_settings(RUNPOD_BILLING_URL=f"{self.emulator.base_url}/billing"):
                bill = reconciliation.bill_of(today, provider=provider)
            found = reconciliation.of_month(today, bill=bill, provider=provider)
            assert bill.total > least
            for line in found.lines:
                assert abs(line.difference) <= line.billed * Decimal("0.02"), line
            known = sum(line.known for line in found.lines)
            assert abs(bill.total - known) <= bill.total * Decimal("0.02")


class TestRunPodsBill(EmulatorTestCase):
    """The bill of the emulator, as RunPod documents its billing API."""

    def ask(self, **settings: Any) -> str:
        month = f"{datetime.now(UTC):%Y-%m}"
        with override_settings(**settings):
            return run("--month", month, "--json")

    def test_it_fits_what_was_recorded(self) -> None:
        self.draw()
        document = json.loads(self.ask(RUNPOD_BILLING_URL=f"{self.emulator.base_url}/billing"))
        (public,) = document["bill"]["lines"]
        assert public["models"] == ["flux-schnell"]
        assert public["billed_usd"] == document["total"]["recorded_usd"] > 0
        assert public["difference_usd"] == 0

    def test_it_goes_on_without_a_bill(self) -> None:
        self.draw()
        with Emulator(EmulatorOptions(manual=True, shows_bill=False)) as secretive:
            document = json.loads(self.ask(RUNPOD_BILLING_URL=f"{secretive.base_url}/billing"))
        assert document["bill"] is None
        assert "may not read the bill" in document["note"]
        assert document["total"]["jobs"] == 1
        calls = len(self.emulator.calls)
        address = f"{self.emulator.base_url}/billing"
        document = json.loads(self.ask(RUNPOD_API_KEY="", RUNPOD_BILLING_URL=address))
        assert "RUNPOD_API_KEY is not set" in document["note"]
        assert document["bill"] is None
        assert len(self.emulator.calls) == calls
        document = json.loads(self.ask(RUNPOD_BILLING_URL="http://127.0.0.1:9/v2/billing"))
        assert "could not be read" in document["note"]
        document = json.loads(self.ask(RUNPOD_BILLING_URL=f"{self.emulator.base_url}/x/health"))
        assert "note" in document
