"""Vouchers: each account once, no more uses than allowed, hard to guess."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import F
from django.test import TransactionTestCase
from django.utils import timezone

from accounts.credits import ledger, ledger_check, vouchers
from accounts.credits.vouchers import VoucherTerms
from accounts.models import CreditEntry, User, Voucher, VoucherState, VoucherUse
from generation.testing.cases import BaseTestCase, make_user
from generation.testing.threads import at_once, at_once_behind

URL = "/account/voucher/"
LIST = "/admin/accounts/voucher/"
DAY = timedelta(days=1)


class TestRedeeming(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def balance(self) -> int:
        self.alice.refresh_from_db()
        return self.alice.credits

    def test_it_adds_the_credits_once_for_each_account(self) -> None:
        (voucher,) = vouchers.create(VoucherTerms(amount=25, max_uses=2))
        shown = vouchers.shown_code(voucher.code).lower()
        page = self.client.post(URL, {"code": f" {shown} "}, follow=True)
        self.assertContains(page, "25\N{NO-BREAK SPACE}credits added.")
        assert self.balance() == 125
        page = self.client.post(URL, {"code": shown})
        self.assertContains(page, "You have already redeemed this voucher.")
        assert self.balance() == 125
        assert vouchers.redeem(user=self.bob, code=shown).amount == 25
        with pytest.raises(vouchers.VoucherEnded):
            vouchers.redeem(user=make_user("carol@example.org"), code=shown)
        with pytest.raises(vouchers.AlreadyRedeemed):
            vouchers.redeem(user=self.alice, code=shown)
        assert ledger_check.check() == []

    def test_it_refuses_what_is_no_valid_code(self) -> None:
        expired, revoked = vouchers.create(VoucherTerms(amount=5), count=2)
        Voucher.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - DAY)
        vouchers.revoke(revoked)
        for code, words in (
            ("", "This field is required."),
            ("AAAA-BBBB-CCCC-DDDD", "isn’t valid"),
            ("x" * 65, "at most 64"),
            ("Привет", "isn’t valid"),
            (expired.code, "no longer valid"),
            (revoked.code, "no longer valid"),
        ):
            self.assertContains(self.client.post(URL, {"code": code}), words)
        assert self.balance() == 100
        assert not VoucherUse.objects.exists()

    def test_it_takes_a_code_as_people_type_it(self) -> None:
        for typed in (
            " abekmhpctyx23456 ",
            "ABEK–MHPC—TYX2 3456",
            "\N{ZERO WIDTH SPACE}ABEK.MHPC.TYX2.3456\n",
            "АВЕК-МНРС-ТУХ2-3456",
            "авек мнрс тух2 3456",
        ):
            (voucher,) = vouchers.create(VoucherTerms(amount=1))
            Voucher.objects.filter(pk=voucher.pk).update(code="ABEKMHPCTYX23456")
            vouchers.redeem(user=self.alice, code=typed)
            Voucher.objects.all().delete()
        assert self.balance() == 105

    def test_it_limits_guesses(self) -> None:
        for _ in range(10):
            self.client.post(URL, {"code": "AAAABBBBCCCCDDDD"})
        (voucher,) = vouchers.create(VoucherTerms(amount=25))
        assert self.client.post(URL, {"code": voucher.code}).status_code == 429
        assert self.balance() == 100

    def test_it_leaves_the_voucher_unused_if_the_account_is_full(self) -> None:
        (voucher,) = vouchers.create(VoucherTerms(amount=25))
        ledger.grant(user=self.alice, amount=ledger.MAX_CREDITS - 110, reason="rich")
        with pytest.raises(ledger.TooManyCredits):
            vouchers.redeem(user=self.alice, code=voucher.code)
        voucher.refresh_from_db()
        assert voucher.uses == 0

    def test_its_codes_are_long_and_differ(self) -> None:
        codes = {voucher.code for voucher in vouchers.create(VoucherTerms(amount=1), count=200)}
        assert len(codes) == 200
        assert {len(code) for code in codes} == {16}
        assert set().union(*codes) == set(vouchers.ALPHABET)

    def test_the_database_refuses_more_uses_than_allowed(self) -> None:
        vouchers.create(VoucherTerms(amount=1))
        with pytest.raises(IntegrityError), transaction.atomic():
            Voucher.objects.update(uses=2)

    def test_it_is_forgotten_long_after_its_end(self) -> None:
        expired, used = vouchers.create(VoucherTerms(amount=5), count=2)
        vouchers.redeem(user=self.alice, code=used.code)
        vouchers.redeem(user=self.alice, code=expired.code)
        Voucher.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - 400 * DAY)
        vouchers.forget_ended(before=timezone.now() - 90 * DAY)
        assert list(Voucher.objects.all()) == [used]
        assert VoucherUse.objects.count() == 1
        assert CreditEntry.objects.of(self.alice).count() == 3


class TestAdmin(BaseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)

    def test_it_creates_many_at_once_and_gives_their_codes(self) -> None:
        data = {"count": 3, "amount": 10, "max_uses": 2, "note": "fair", "once": uuid4()}
        page = self.client.post(f"{LIST}add/", data, follow=True)
        self.assertContains(page, "3 vouchers created.")
        made = list(Voucher.objects.order_by("id"))
        assert [(one.amount, one.max_uses, one.note, one.created_by) for one in made] == [
            (10, 2, "fair", self.staff)
        ] * 3
        data = {"action": "download", "_selected_action": [one.pk for one in made]}
        response = self.client.post(LIST, data)
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
        assert [row[0] for row in rows[1:]] == [vouchers.shown_code(one.code) for one in made]
        created, downloaded = LogEntry.objects.order_by("id")
        assert "created 3 vouchers" in created.change_message
        assert downloaded.change_message == "downloaded codes of vouchers: 3"
        for entry in (created, downloaded):
            assert made[0].code not in f"{entry.object_repr}{entry.change_message}"
        log = self.client.get("/admin/accounts/auditentry/")
        self.assertContains(log, "downloaded codes of vouchers: 3")

    def test_a_double_click_creates_no_second_voucher(self) -> None:
        data = {"count": 1, "amount": 1000, "max_uses": 1, "once": uuid4()}
        self.client.post(f"{LIST}add/", data)
        page = self.client.post(f"{LIST}add/", data, follow=True)
        self.assertContains(page, "These vouchers were already created.")
        assert Voucher.objects.count() == 1
        self.client.post(f"{LIST}add/", data | {"once": uuid4()})
        assert Voucher.objects.count() == 2

    def test_it_refuses_wrong_numbers(self) -> None:
        for change in ({"count": 0}, {"count": 1001}, {"amount": 0}, {"max_uses": 0},
                       {"expires_at": "2020-01-01T00:00"},
                       {"expires_at": "9999-12-31T23:59"}):  # fmt: skip
            data = {"count": 1, "amount": 10, "max_uses": 1, "once": uuid4()} | change
            assert self.client.post(f"{LIST}add/", data).status_code == 200
        assert not Voucher.objects.exists()

    def test_it_revokes_and_shows_who_used_it(self) -> None:
        (voucher,) = vouchers.create(VoucherTerms(amount=5, max_uses=3))
        vouchers.redeem(user=self.alice, code=voucher.code)
        self.assertContains(self.client.get(f"{LIST}{voucher.pk}/change/"), self.alice.email)
        data = {"action": "revoke", "_selected_action": [voucher.pk]}
        self.assertContains(self.client.post(LIST, data, follow=True), "1 voucher revoked.")
        page = self.client.post(LIST, data, follow=True)
        self.assertContains(page, "The voucher is already revoked.")
        with pytest.raises(vouchers.VoucherEnded):
            vouchers.redeem(user=self.bob, code=voucher.code)
        self.alice.refresh_from_db()
        assert self.alice.credits == 105

    def test_it_finds_by_state_and_code(self) -> None:
        valid, used, expired, revoked = vouchers.create(VoucherTerms(amount=5), count=4)
        vouchers.redeem(user=self.alice, code=used.code)
        Voucher.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - DAY)
        vouchers.revoke(revoked)
        for state, expected in zip(VoucherState, (valid, used, expired, revoked), strict=True):
            found = self.client.get(LIST, {"state": state.value}).context["cl"].result_list
            assert [one.pk for one in found] == [expected.pk]
            assert found[0].state == state
        query = {"q": vouchers.shown_code(used.code).lower()}
        assert list(self.client.get(LIST, query).context["cl"].result_list) == [used]


class TestVoucherRace(TransactionTestCase):
    """Many accounts, and one account in parallel, with one voucher."""

    def setUp(self) -> None:
        cache.clear()
        self.users = [User.objects.create_user(f"user{n}@example.org") for n in range(8)]

    def total(self) -> int:
        return sum(User.objects.values_list("credits", flat=True))

    def test_it_is_used_no_more_than_allowed(self) -> None:
        (voucher,) = vouchers.create(VoucherTerms(amount=10, max_uses=3))
        users = [User.objects.create_user(f"one-of-50-{n}@example.org") for n in range(50)]
        outcome = at_once(
            [lambda user=user: vouchers.redeem(user=user, code=voucher.code) for user in users]
        )
        assert outcome == {"CreditEntry": 3, "VoucherEnded": 47}
        assert self.total() == 30
        assert ledger_check.check() == []

    def test_it_is_used_once_by_an_account(self) -> None:
        (voucher,) = vouchers.create(VoucherTerms(amount=10, max_uses=8))
        user = self.users[0]
        outcome = at_once([lambda: vouchers.redeem(user=user, code=voucher.code)] * 8)
        assert outcome == {"CreditEntry": 1, "AlreadyRedeemed": 7}
        voucher.refresh_from_db()
        assert (self.total(), voucher.uses) == (10, 1)

    def test_it_would_be_used_too_often_without_the_guards(self) -> None:
        (voucher,) = vouchers.create(VoucherTerms(amount=10, max_uses=3))

        def redeem_naively(user: User) -> None:
            if Voucher.objects.get(pk=voucher.pk).uses < voucher.max_uses:
                ledger.grant(user=user, amount=voucher.amount, reason="unguarded")
                Voucher.objects.filter(pk=voucher.pk, uses__lt=F("max_uses")).update(
                    uses=F("uses") + 1
                )

        at_once_behind(
            lambda: list(User.objects.select_for_update()),
            [lambda user=user: redeem_naively(user) for user in self.users],
        )
        assert self.total() == 10 * len(self.users)
