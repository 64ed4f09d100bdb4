"""Budgets as operators meet them: alerts, start page, doctor, metrics, command, admin."""

import io
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.limits import period_limits
from accounts.models import OutgoingEmail, User
from generation.jobs.budgets import budget_changes
from generation.jobs.engine import driver
from generation.models import Budget, ImageModel, Job, Period, Spending
from generation.operations.alerts import records
from generation.operations.alerts.measurements import Findings, Measurements
from generation.operations.doctor.conditions import spending
from generation.testing.cases import EmulatorTestCase

MODEL = "flux-schnell"
LIST = "/admin/generation/budget/"


def spend(usd, *, group_id=0):
    for period in Period:
        day = period_limits.today()
        Spending.objects.create(
            period=period,
            starts_on=day if period == Period.DAY else day.replace(day=1),
            model=ImageModel.objects.get(slug=MODEL),
            group_id=group_id,
            usd=Decimal(usd),
        )


def set_budget(limit="20", *, period=Period.DAY, **scope):
    found = {"group": None, "model": None} | scope
    return budget_changes.set_limit(**found, period=period, limit_usd=Decimal(limit))


def command(*arguments):
    out = io.StringIO()
    call_command("budgets", *arguments, stdout=out)
    return out.getvalue()


@override_settings(
    ALERT_EMAILS=["chief@example.org"], LANGUAGE_CODE="en", PUBLIC_URL="https://art.example.org"
)
class TestAlerts(EmulatorTestCase):
    def wrong(self):
        found = Measurements().take()
        return {name: values for name, values in found.wrong.items() if "Budget" in name}

    def test_it_alarms_from_80_percent_on(self):
        budget = set_budget()
        spend("15.99")
        assert self.wrong() == {}
        Spending.objects.update(usd=Decimal("16"))
        ends = f"{timezone.localtime(period_limits.next_day()):%Y-%m-%d %H:%M}"
        assert self.wrong() == {
            f"BudgetNear:{budget.pk}": {
                "budget": "art.example.org",
                "used": "16.00",
                "limit": "20.00",
                "ends": ends,
            }
        }
        Spending.objects.update(usd=Decimal("20"))
        assert set(self.wrong()) == {f"BudgetReached:{budget.pk}"}

    def test_it_counts_what_jobs_at_provider_will_cost(self):
        set_budget("1")
        job = self.place()
        driver.submit(MODEL)
        assert self.wrong() == {}
        Job.objects.filter(pk=job.pk).update(expected_usd=Decimal("0.9"))
        assert len(self.wrong()) == 1

    def test_it_alarms_if_a_job_costs_more_than_a_whole_budget(self):
        model = ImageModel.objects.get(slug=MODEL)
        small, other = set_budget("0.01", model=model), set_budget("20")
        self.place()
        Job.objects.update(expected_usd=Decimal("0.02"))
        driver.submit(MODEL)
        assert set(self.wrong()) == {f"BudgetReached:{small.pk}"}
        assert other.pk != small.pk

    def test_it_writes_an_email_for_each_budget_once(self):
        set_budget()
        set_budget("10", model=ImageModel.objects.get(slug=MODEL))
        spend("9")
        for _ in range(2):
            records.apply(Findings(wrong=self.wrong()))
        (one,) = OutgoingEmail.objects.all()
        assert "$9.00 of $10.00 are used" in one.subject
        Spending.objects.update(usd=Decimal("19"))
        records.apply(Findings(wrong=self.wrong()))
        subjects = sorted(OutgoingEmail.objects.values_list("subject", flat=True))
        assert len(subjects) == 3
        assert any("art.example.org: $19.00 of $20.00" in text for text in subjects)
        assert any("$10.00, is used up: jobs wait until" in text for text in subjects)


class TestMissingBudget(EmulatorTestCase):
    """Strangers who spend money without a limit."""

    def is_shown(self) -> bool:
        """Return whether doctor warns, and prove that the start page does, too."""
        hint = spending().hint
        self.client.force_login(self.staff)
        titles = [item.title for item in self.client.get("/admin/").context["items"]]
        assert any("no budget is set" in title for title in titles) is bool(hint)
        return "SIGN_UP=invitation" in hint

    @pytest.mark.slow
    def test_it_is_shown_while_anyone_can_spend_money(self):
        Budget.objects.create(group=Group.objects.create(name="school"), limit_usd=5)
        with override_settings(RUNPOD_BASE_URL="https://api.runpod.ai/v2", LANGUAGE_CODE="en"):
            assert self.is_shown()
            for setting in ({"SIGN_UP": "invitation"}, {"DEFAULT_CREDITS": 0}):
                with override_settings(**setting):
                    assert not self.is_shown()
            for model in ImageModel.objects.enabled():
                assert self.is_shown()
                set_budget(model=model)
            assert not self.is_shown()
            Budget.objects.all().delete()
            set_budget()
            assert not self.is_shown()
            Budget.objects.all().delete()
        assert not self.is_shown(), "the emulator is free"


class TestPages(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.client.force_login(self.staff)

    def test_the_list_shows_what_is_used(self):
        set_budget()
        group = Group.objects.create(name="school")
        set_budget("2", period=Period.MONTH, group=group)
        spend("16.2")
        spend("2", group_id=group.pk)
        page = self.client.get(LIST).content.decode()
        assert "$16.20" in page
        assert 'data-level="near"' in page
        assert 'data-level="reached"' in page
        assert "school" in page

    def test_the_form_refuses_a_second_budget_and_a_group_on_a_model(self):
        set_budget()
        group, model = Group.objects.create(name="school"), ImageModel.objects.get(slug=MODEL)
        body = {"period": "day", "limit_usd": "5"}
        page = self.client.post(f"{LIST}add/", body)
        self.assertContains(page, "There is such a budget already.")
        page = self.client.post(f"{LIST}add/", body | {"group": group.pk, "model": model.pk})
        self.assertContains(page, "Choose a group or a model, not both.")
        assert Budget.objects.count() == 1

    def test_raising_it_lets_jobs_start_and_is_in_the_audit_log(self):
        budget = set_budget("0")
        self.place()
        driver.submit(MODEL)
        assert Job.objects.parked().count() == 1
        body = {"period": "day", "limit_usd": "5"}
        page = self.client.post(f"{LIST}{budget.pk}/change/", body)
        assert page.status_code == 302
        assert Job.objects.parked().count() == 0
        assert len(driver.submit(MODEL)) == 1
        entry = LogEntry.objects.get(object_id=str(budget.pk))
        assert "0.00" in entry.change_message
        assert "5" in entry.change_message

    def test_deleting_it_lets_jobs_start(self):
        budget = set_budget("0")
        self.place()
        driver.submit(MODEL)
        self.client.post(f"{LIST}{budget.pk}/delete/", {"post": "yes"})
        assert not Budget.objects.exists()
        assert Job.objects.parked().count() == 0

    def test_leaving_a_group_lets_jobs_start(self):
        group = Group.objects.create(name="school")
        group.user_set.add(self.alice)
        set_budget("0", group=group)
        self.place()
        driver.submit(MODEL)
        address = reverse("admin:accounts_user_change", args=[self.alice.pk])
        body = {"email": self.alice.email, "is_active": "on", "language": "", "time_zone": ""}
        assert self.client.post(address, body).status_code == 302
        assert Job.objects.parked().count() == 0

    def test_deleting_a_group_lets_jobs_start(self):
        chief = User.objects.create_superuser("chief@example.org", password="secret-enough")
        self.client.force_login(chief)
        addresses = {
            "one": lambda group: (
                reverse("admin:auth_group_delete", args=[group.pk]),
                {"post": "yes"},
            ),
            "many": lambda group: (
                reverse("admin:auth_group_changelist"),
                {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"},
            ),
        }
        for name, address in addresses.items():
            group = Group.objects.create(name=name)
            group.user_set.add(self.alice)
            set_budget("0", group=group)
            self.place()
            driver.submit(MODEL)
            assert Job.objects.parked().count() == 1, name
            url, body = address(group)
            assert self.client.post(url, body).status_code == 302, name
            assert not Budget.objects.exists(), name
            assert Job.objects.parked().count() == 0, name
            driver.submit(MODEL)

    def test_the_start_page_says_how_many_jobs_wait(self):
        set_budget("0")
        self.place()
        driver.submit(MODEL)
        page = self.client.get(reverse("admin:index"))
        self.assertContains(page, "Budget of all jobs: $0.00 of $0.00")
        self.assertContains(page, "1 job waits until")


class TestCommand(EmulatorTestCase):
    def test_it_sets_lists_and_removes_budgets(self):
        assert command() == "No budget is set.\n"
        line = command("--set", "20").splitlines()[1].split()
        assert line[:5] == ["all", "jobs", "day", "$20.00", "$0.00"]
        command("--set", "5", "--model", MODEL, "--per", "month")
        command("--set", "6", "--model", MODEL, "--per", "month")
        model = ImageModel.objects.get(slug=MODEL)
        limits = Budget.objects.order_by("id").values_list("model", "period", "limit_usd")
        assert list(limits) == [(None, "day", 20), (model.pk, "month", 6)]
        command("--remove", "--model", MODEL, "--per", "month")
        assert Budget.objects.count() == 1

    def test_it_refuses_what_it_does_not_understand(self):
        for arguments in (
            ("--set", "much"),
            ("--set", "-1"),
            ("--set", "NaN"),
            ("--set", "1", "--remove"),
            ("--set", "1", "--model", "no-such-model"),
            ("--set", "1", "--group", "nobody"),
            ("--remove",),
            ("--model", MODEL),
        ):
            with pytest.raises(CommandError):
                command(*arguments)
        assert not Budget.objects.exists()
