"""The prompt helper: proposals, what they cost, and that a failure costs nothing."""

import base64
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.auth.models import Group
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow

from accounts.credits import ledger, ledger_check, statement
from accounts.limits import period_limits
from accounts.models import CreditEntry
from accounts.tokens import tokens
from artgen.web import formatting
from generation.files import storage
from generation.jobs.budgets import budget_changes, budget_state
from generation.jobs.placing import creation_switch
from generation.models import (
    Budget,
    GenerationSwitch,
    Image,
    ImageModel,
    Period,
    PromptCall,
    PromptSpending,
    Status,
)
from generation.studio.prompt_helper import credit_charges
from generation.studio.prompt_helper.instructions import ProposalKind
from generation.testing.cases import emulated, hold
from generation.testing.rows.api import Api, ApiTestCase, make_image, make_job
from generation.testing.rows.prompt_helper import chats, prompt_helper
from generation.user_data import erasure

TRANSLATE, ENHANCE = "/api/v1/prompts/translate/", "/api/v1/prompts/enhance/"
DESCRIBE = "/api/v1/prompts/describe/"
PROMPT = "маяк на скале в тумане"
ASKED = {"prompt": PROMPT, "model": "z-image-turbo"}
FAILURES = {
    "refuse_401": "unavailable",
    "refuse_404": "unavailable",
    "redirects": "unavailable",
    "rate_429": "unavailable",
    "error_5xx": "unavailable",
    "html_502": "unavailable",
    "break_before": "unavailable",
    "huge": "unavailable",
    "refuse_400": "no_proposal",
    "filtered": "no_proposal",
    "garbage": "no_proposal",
    "no_choices": "no_proposal",
    "empty_text": "no_proposal",
    "cut_off": "no_proposal",
    "too_long": "no_proposal",
}
"""Fault → code of the refusal."""


class HelperTestCase(ApiTestCase):
    options: ClassVar[dict[str, Any]] = {}

    def setUp(self) -> None:
        super().setUp()
        self.emulator = self.enterContext(emulated())
        self.enterContext(prompt_helper(self.emulator, **self.options))

    def money(self) -> tuple[int, int]:
        """Return alice's credits and what is held."""
        self.alice.refresh_from_db()
        assert not ledger_check.check()
        return self.alice.credits, self.alice.held

    def kinds(self) -> list[str]:
        """Return the kinds of alice's entries since the test began."""
        entries = CreditEntry.objects.filter(user=self.alice).order_by("created_at", "id")
        return [entry.kind for entry in entries][1:]


class TestProposing(HelperTestCase):
    options: ClassVar[dict[str, Any]] = {"PROMPT_HELPER_PER_MINUTE": 1000}

    def test_it_translates_into_the_language_of_the_model(self) -> None:
        answer = self.api.post(TRANSLATE, ASKED)
        assert answer.status_code == 200, answer.content
        assert answer.json() == {
            "prompt": "lighthouse on rock in fog",
            "original_prompt": PROMPT,
            "language": "en",
            "credits": 1,
        }
        (call,) = chats(self.emulator)
        assert "into English" in call["messages"][0]["content"]
        assert self.money() == (99, 0)
        assert self.kinds() == ["hold", "settle"]
        assert not PromptCall.objects.exists()

    def test_it_enhances_in_the_language_of_the_prompt(self) -> None:
        answer = self.api.post(ENHANCE, {"prompt": f"  {PROMPT}\r\n"}).json()
        assert answer["prompt"].startswith(f"{PROMPT}, ")
        assert (answer["original_prompt"], answer["language"]) == (PROMPT, "")
        assert self.money() == (99, 0)

    def test_its_charge_is_named_in_the_statement(self) -> None:
        self.api.post(TRANSLATE, ASKED)
        self.emulator.faults.next("chat", "cut_off")
        self.api.post(ENHANCE, {"prompt": PROMPT})
        returned, charged = statement.lines(statement.beginnings(self.alice)[:2])
        assert (charged.what, charged.title, charged.amount) == ("Prompt translation", "", -1)
        assert (returned.what, returned.amount) == ("Prompt enhancement", 0)
        assert returned.why == "The proposal couldn’t be generated."
        self.client.force_login(self.alice)
        self.assertContains(self.client.get(reverse("ledger")), "Prompt translation")

    def test_one_that_changes_nothing_costs_nothing(self) -> None:
        answer = self.api.post(TRANSLATE, {**ASKED, "prompt": "lighthouse on rock in fog"})
        assert answer.status_code == 200, answer.content
        assert (answer.json()["prompt"], answer.json()["credits"]) == (
            "lighthouse on rock in fog",
            0,
        )
        assert self.money() == (100, 0)
        assert self.kinds() == ["hold", "release"]
        assert not PromptCall.objects.exists()
        (returned,) = statement.lines(statement.beginnings(self.alice)[:1])
        assert (returned.what, returned.amount) == ("Prompt translation", 0)
        assert returned.why == "The proposal is the same as your prompt."

    def test_no_failure_costs_anything(self) -> None:
        for fault, code in FAILURES.items():
            with self.subTest(fault):
                self.emulator.faults.next("chat", fault)
                answer = self.api.post(TRANSLATE, ASKED)
                problem = self.assert_problem(answer, 503 if code == "unavailable" else 422, code)
                assert "nothing was charged" in problem["detail"]
                assert ("Retry-After" in answer) == (code == "unavailable")
                assert self.money() == (100, 0)
                assert not PromptCall.objects.exists()
        assert set(self.kinds()) == {"hold", "release"}

    def test_a_free_one_writes_no_entry(self) -> None:
        with override_settings(PROMPT_HELPER_TRANSLATE_CREDITS=0):
            ledger.take_back(user=self.alice, amount=99, reason="test")
            assert self.api.post(TRANSLATE, ASKED).json()["credits"] == 0
            self.emulator.faults.next("chat", "html_502")
            assert self.api.post(TRANSLATE, ASKED).status_code == 503
        assert self.kinds() == ["adjust"]

    def test_it_refuses_what_is_no_prompt(self) -> None:
        for body, fields in (
            ({}, {"prompt": "required"}),
            ({"prompt": 7}, {"prompt": "invalid"}),
            ({"prompt": None}, {"prompt": "invalid"}),
            ({"prompt": " \n"}, {"prompt": "required"}),
            ({"prompt": "x" * 2001}, {"prompt": "max_length"}),
            ({"prompt": "a\0b"}, {"prompt": "control_characters"}),
            ({"prompt": "fog", "model": "none"}, {"model": "does_not_exist"}),
            ({"prompt": "fog", "steps": 3}, {"steps": "unknown_field"}),
        ):
            with self.subTest(body):
                self.assert_problem(self.api.post(TRANSLATE, body), 400, "invalid", fields=fields)
        assert chats(self.emulator) == []
        assert self.kinds() == []


class TestDescribing(HelperTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.image = self.stored(Pillow.new("RGB", (1600, 800), "#2f62b0"))

    def stored(self, image: Pillow.Image) -> Image:
        file = io.BytesIO()
        image.save(file, "PNG")
        own = make_image(self.alice)
        storage.save(own.key, file.getvalue(), content_type="image/png")
        return own

    def describe(self, **headers: str) -> Any:
        return self.api.post(DESCRIBE, {"image_id": str(self.image.id)}, **headers)

    def test_it_shows_the_model_a_small_copy_and_answers_in_the_language_of_the_user(self) -> None:
        for language, prompt in (
            ("ru", "Широкая сцена, мягкие тона, главные цвета: синий"),
            ("en", "A wide scene in soft tones, main colors: blue"),
        ):
            answer = self.describe(**{"Accept-Language": language})
            assert answer.json() == {
                "prompt": prompt, "original_prompt": "", "language": language, "credits": 1,
            }  # fmt: skip
        call = chats(self.emulator)[0]
        assert call["model"] == "stand-in that sees"
        assert "in Russian" in call["messages"][0]["content"]
        start, _, data = call["messages"][1]["content"][0]["image_url"]["url"].partition(",")
        assert start == "data:image/jpeg;base64"
        assert Pillow.open(io.BytesIO(base64.b64decode(data))).size == (1024, 512)
        assert self.money() == (98, 0)
        assert statement.lines(statement.beginnings(self.alice)[:1])[0].what == (
            "Prompt from an image"
        )

    def test_no_failure_costs_anything(self) -> None:
        missing = make_image(self.alice)
        answer = self.api.post(DESCRIBE, {"image_id": str(missing.id)})
        self.assert_problem(answer, 400, "invalid", fields={"image_id": "does_not_exist"})
        self.emulator.faults.next("chat", "refuse_400")
        problem = self.assert_problem(self.describe(), 422, "no_proposal")
        assert "choose another image" in problem["detail"]
        assert self.money() == (100, 0)
        assert set(self.kinds()) == {"hold", "release"}

    def test_images_of_others_are_not_found(self) -> None:
        answer = self.others.post(DESCRIBE, {"image_id": str(self.image.id)})
        self.assert_problem(answer, 400, "invalid", fields={"image_id": "does_not_exist"})
        assert chats(self.emulator) == []

    def test_without_a_model_that_sees_there_are_none(self) -> None:
        self.client.force_login(self.alice)
        page = reverse("image", args=[self.image.id])
        self.assertContains(self.client.get(page), "data-describe-image")
        with override_settings(PROMPT_HELPER_VISION_MODEL=""):
            self.assert_problem(self.describe(), 404, "prompt_helper_off")
            self.assertNotContains(self.client.get(page), "data-describe-image")


class TestLimits(HelperTestCase):
    def test_too_few_credits_make_no_call(self) -> None:
        ledger.take_back(user=self.alice, amount=100, reason="test")
        self.assert_problem(self.api.post(TRANSLATE, ASKED), 402, "too_few_credits")
        with override_settings(PROMPT_HELPER_TRANSLATE_CREDITS=0):
            self.assert_problem(self.api.post(TRANSLATE, ASKED), 402, "too_few_credits")
        assert chats(self.emulator) == []

    def test_a_free_call_is_made_while_all_credits_are_held(self) -> None:
        hold(user=self.alice, amount=100)
        with override_settings(PROMPT_HELPER_TRANSLATE_CREDITS=0):
            assert self.api.post(TRANSLATE, ASKED).json()["credits"] == 0

    def test_a_higher_price_than_was_shown_makes_no_call(self) -> None:
        for address, body in (
            (TRANSLATE, ASKED),
            (ENHANCE, {"prompt": "fog"}),
            (DESCRIBE, {"image_id": str(make_image(self.alice).id)}),
        ):
            refused = self.api.post(address, body | {"max_credits": 0})
            document = self.assert_problem(refused, 402, "price_too_high")
            assert (document["needed"], document["limit"]) == (1, 0)
        assert chats(self.emulator) == []
        assert CreditEntry.objects.filter(kind="hold").count() == 0
        assert self.api.post(ENHANCE, {"prompt": "fog", "max_credits": 1}).status_code == 200

    def test_calls_of_a_user_are_limited(self) -> None:
        with override_settings(PROMPT_HELPER_PER_MINUTE=2):
            answers = [self.api.post(ENHANCE, {"prompt": "fog"}) for _n in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        self.assert_problem(answers[2], 429, "too_many_requests")
        assert int(answers[2]["Retry-After"]) <= 60
        assert len(chats(self.emulator)) == 2
        with override_settings(PROMPT_HELPER_PER_MINUTE=2):
            assert self.others.post(ENHANCE, {"prompt": "fog"}).status_code == 200

    def test_they_count_for_the_credits_of_a_day(self) -> None:
        with override_settings(MAX_CREDITS_PER_DAY=1):
            assert self.api.post(TRANSLATE, ASKED).status_code == 200
            self.assert_problem(self.api.post(TRANSLATE, ASKED), 429, "daily_limit")

    def test_they_count_for_the_limit_of_a_token(self) -> None:
        limited = Api(tokens.issue(user=self.alice, name="limited", credit_limit=1))
        assert limited.post(TRANSLATE, ASKED).status_code == 200
        self.assert_problem(limited.post(TRANSLATE, ASKED), 402, "token_limit_reached")
        assert len(chats(self.emulator)) == 1

    def test_a_pause_of_creation_stops_them(self) -> None:
        creation_switch.turn(GenerationSwitch.Mode.OFF)
        self.assert_problem(self.api.post(TRANSLATE, ASKED), 503, "generation_off")
        assert chats(self.emulator) == []

    def test_without_an_endpoint_there_are_none(self) -> None:
        with override_settings(PROMPT_HELPER_URL=""):
            self.assert_problem(self.api.post(TRANSLATE, ASKED), 404, "prompt_helper_off")
        assert self.kinds() == []


@override_settings(PROMPT_HELPER_CALL_USD=Decimal("0.006"))
class TestDollars(HelperTestCase):
    options: ClassVar[dict[str, Any]] = {"PROMPT_HELPER_PER_MINUTE": 1000}

    def setUp(self) -> None:
        super().setUp()
        self.group = Group.objects.create(name="school")
        self.group.user_set.add(self.alice)

    def limit(self, usd: str, *, period: Period = Period.DAY, **scope: Any) -> None:
        found = {"group": None, "model": None} | scope
        budget_changes.set_limit(**found, period=period, limit_usd=Decimal(usd))

    def sums(self) -> dict[int, tuple[int, int, Decimal]]:
        """Return calls, credits and dollars by group."""
        return {
            one.group_id: (one.calls, one.credits, one.usd) for one in PromptSpending.objects.all()
        }

    def assert_budget_is_reached(self, answer: Any, *, words: str) -> None:
        problem = self.assert_problem(answer, 503, "budget_reached")
        assert words in problem["detail"]
        assert "nothing was charged" in problem["detail"]

    def test_a_call_counts_for_the_site_and_the_groups_of_its_user(self) -> None:
        self.api.post(TRANSLATE, ASKED)
        assert self.sums() == {
            0: (1, 1, Decimal("0.006")), self.group.pk: (1, 1, Decimal("0.006")),
        }  # fmt: skip
        self.others.post(ENHANCE, {"prompt": "fog"})
        assert self.sums()[0] == (2, 2, Decimal("0.012"))
        assert self.sums()[self.group.pk] == (1, 1, Decimal("0.006"))

    def test_each_reply_counts_and_no_failure_without_one(self) -> None:
        self.api.post(TRANSLATE, {**ASKED, "prompt": "lighthouse on rock in fog"})  # unchanged
        self.emulator.faults.next("chat", "cut_off")
        self.api.post(TRANSLATE, ASKED)
        assert self.sums()[0] == (2, 0, Decimal("0.012"))
        for fault in ("refuse_401", "rate_429", "html_502", "break_before"):
            self.emulator.faults.next("chat", fault)
            self.api.post(TRANSLATE, ASKED)
        assert self.sums()[0] == (2, 0, Decimal("0.012"))

    def test_budgets_of_a_day_and_a_month_have_it_and_those_of_a_model_do_not(self) -> None:
        self.api.post(TRANSLATE, ASKED)
        self.others.post(ENHANCE, {"prompt": "fog"})
        PromptSpending.objects.filter(group_id=0).update(
            day=period_limits.today().replace(day=1), usd=Decimal("0.012")
        )
        self.limit("1", period=Period.MONTH)
        self.limit("1", group=self.group)
        self.limit("1", model=ImageModel.objects.get(slug="z-image-turbo"))
        spent = [state.spent for state in budget_state.states()]
        assert spent == [Decimal("0.012"), Decimal("0.006"), 0]

    def test_beyond_a_budget_it_is_refused_until_the_next_day(self) -> None:
        scopes: tuple[dict[str, Any], ...] = ({}, {"group": self.group})
        for scope in scopes:
            with self.subTest(scope):
                self.limit("0.01", **scope)
                PromptSpending.objects.all().delete()
                assert self.api.post(TRANSLATE, ASKED).status_code == 200
                answer = self.api.post(TRANSLATE, ASKED)
                self.assert_budget_is_reached(
                    answer, words=formatting.moment(period_limits.next_day())
                )
                left = (period_limits.next_day() - timezone.now()).total_seconds()
                assert abs(int(answer["Retry-After"]) - left) < 60
                is_of_all = not scope
                other = self.others.post(ENHANCE, {"prompt": "fog"})
                assert other.status_code == (503 if is_of_all else 200)
                Budget.objects.all().delete()
                assert self.api.post(TRANSLATE, ASKED).status_code == 200
        assert "hold" not in self.kinds()[-1:]

    def test_jobs_at_provider_leave_room_in_a_minute(self) -> None:
        ImageModel.objects.update(expected_cost={"per_image": "0.02"}, price={"per_image": 1})
        make_job(self.alice, status=Status.RUNNING, expected_usd=Decimal("0.02"))
        self.limit("0.02")
        answer = self.api.post(TRANSLATE, ASKED)
        self.assert_budget_is_reached(answer, words="Try again in a minute")
        assert answer["Retry-After"] == "60"
        assert chats(self.emulator) == []

    def test_without_a_price_budgets_do_not_refuse_calls(self) -> None:
        self.limit("0")
        with override_settings(PROMPT_HELPER_CALL_USD=Decimal(0)):
            assert self.api.post(TRANSLATE, ASKED).status_code == 200
        assert self.sums()[0] == (1, 1, Decimal(0))


class TestKilledProcess(HelperTestCase):
    def interrupted(self) -> PromptCall:
        """Return a call whose process was killed during it."""
        call = credit_charges.hold(
            user=self.alice, kind=ProposalKind.TRANSLATE, price=1, token_id=None
        )
        assert call is not None
        return call

    def expire(self) -> None:
        PromptCall.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    def test_its_credits_are_returned_once(self) -> None:
        self.interrupted()
        assert credit_charges.release_expired() == 0
        assert self.money() == (99, 1)
        self.expire()
        assert credit_charges.release_expired() == 1
        assert credit_charges.release_expired() == 0
        assert self.money() == (100, 0)

    def test_a_proposal_that_comes_later_is_not_charged(self) -> None:
        call = self.interrupted()
        self.expire()
        credit_charges.release_expired()
        assert not credit_charges.settle(call)
        assert self.money() == (100, 0)

    def test_an_erased_account_holds_nothing(self) -> None:
        self.interrupted()
        erasure.close(user=self.alice, actor=None)
        assert erasure.erase(self.alice.pk)
        assert not PromptCall.objects.exists()
        self.alice.refresh_from_db()
        assert self.alice.held == 0
        assert not ledger_check.check()
