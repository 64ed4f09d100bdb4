"""`/api/v1/account/` and `/api/v1/account/ledger/`."""

from typing import Any, ClassVar
from uuid import uuid4

from accounts.credits import holds, ledger
from accounts.limits import period_limits
from accounts.models import User
from accounts.tokens import tokens
from artgen.api.times import time_json
from generation.testing.cases import BaseTestCase, hold

ACCOUNT, LEDGER = "/api/v1/account/", "/api/v1/account/ledger/"


class AccountTestCase(BaseTestCase):
    token: ClassVar[str]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.token = tokens.issue(user=cls.alice, name="test")

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(
            path, query, headers={"Authorization": f"Bearer {self.token}", "Accept-Language": "en"}
        )


class TestAccount(AccountTestCase):
    def test_it_tells_what_is_free_and_what_is_held(self) -> None:
        hold(user=self.alice, amount=30)
        assert self.get(ACCOUNT).json() == {
            "email": "alice@example.org",
            "credits": 70,
            "held": 30,
            "limits": {
                "jobs_at_once": {"limit": None, "used": 0},
                "jobs_waiting": {"limit": 200, "used": 0},
                "jobs_per_day": {"limit": 2000, "used": 1},
                "jobs_per_month": {"limit": None, "used": 1},
                "cancels_per_day": {"limit": 500, "used": 0},
                "credits_per_day": {"limit": None, "used": 30},
                "credits_per_month": {"limit": None, "used": 30},
                "upload_bytes": {"limit": 1_000_000_000, "used": 0},
                "image_bytes": {"limit": None, "used": 0},
            },
            "resets_at": {
                "day": time_json(period_limits.next_day()),
                "month": time_json(period_limits.next_month()),
            },
            "allowed": {"models": [], "max_megapixels": None, "max_batch": None},
            "token": None,
        }


class TestLedger(AccountTestCase):
    def test_it_lists_own_entries_newest_first(self) -> None:
        job = uuid4()
        hold(user=self.alice, amount=30, reference=job, reason="Tea hills")
        holds.release(reference=job, reason="canceled")
        hold(user=self.bob, amount=1)
        entries = self.get(LEDGER).json()["results"]
        assert [
            (entry["kind"], entry["amount"], entry["balance_after"], entry["job"])
            for entry in entries
        ] == [
            ("release", 30, 100, str(job)),
            ("hold", -30, 70, str(job)),
            ("grant", 100, 100, None),
        ]
        assert [entry["reason"] for entry in entries] == ["canceled", "Tea hills", "for the test"]
        assert all(
            set(entry) == set(entries[0]) and entry["created_at"].endswith("Z") for entry in entries
        )

    def test_it_sums_to_the_balance_over_all_pages(self) -> None:
        for amount in range(1, 51):
            ledger.grant(user=self.alice, amount=amount, reason="for the test")
        User.objects.get(id=self.alice.id)
        amounts, path = [], LEDGER
        while path:
            page = self.get(path).json()
            amounts += [entry["amount"] for entry in page["results"]]
            path = page["next"]
        assert amounts[:-1] == list(range(50, 0, -1))
        assert sum(amounts) == User.objects.get(id=self.alice.id).credits
