from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.credits import credit_requests, vouchers
from accounts.credits.vouchers import VoucherTerms
from accounts.models import CreditRequest, Voucher
from generation.models import IdempotencyKey, Image
from generation.operations import cleanup
from generation.testing.cases import BaseTestCase
from generation.testing.rows.api import make_image


class TestCleanUp(BaseTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.load_catalog()

    def key(self, *, days: float) -> IdempotencyKey:
        at = timezone.now() - timedelta(days=days)
        return IdempotencyKey.objects.create(
            user=self.alice, key=f"{days}", body_sha256="0" * 64, created_at=at
        )

    def test_it_forgets_old_keys_and_sessions_and_ends_the_trash(self) -> None:
        self.key(days=2.1)
        young = self.key(days=1.9)
        now = timezone.now()
        Session.objects.create(
            session_key="old", session_data="", expire_date=now - timedelta(minutes=1)
        )
        Session.objects.create(
            session_key="live", session_data="", expire_date=now + timedelta(minutes=1)
        )
        make_image(self.alice, trashed_at=now - timedelta(days=31))
        kept = make_image(self.alice, trashed_at=now - timedelta(days=29))
        cleanup.clean_up()
        assert list(IdempotencyKey.objects.all()) == [young]
        assert [session.session_key for session in Session.objects.all()] == ["live"]
        assert list(Image.objects.all()) == [kept]

    def test_it_deletes_old_keys_although_the_bucket_fails(self) -> None:
        self.key(days=3)
        image = make_image(self.alice, trashed_at=timezone.now() - timedelta(days=31))
        (Path(settings.MEDIA_ROOT) / image.key / "in the way").mkdir(parents=True)
        with self.assertLogs("generation.operations.cleanup", "ERROR"):
            cleanup.clean_up()
        assert not IdempotencyKey.objects.exists()
        assert Image.objects.exists()

    def test_it_forgets_requests_for_credits_and_vouchers_that_ended_long_ago(self) -> None:
        old = timezone.now() - timedelta(days=91)
        for voucher in vouchers.create(VoucherTerms(amount=1), count=2)[:1]:
            vouchers.revoke(voucher)
            Voucher.objects.filter(pk=voucher.pk).update(revoked_at=old)
        for user in (self.alice, self.bob):
            credit_requests.ask(user=user, note="for a poster")
        credit_requests.withdraw(user=self.alice)
        CreditRequest.objects.filter(user=self.alice).update(decided_at=old)
        cleanup.clean_up()
        assert Voucher.objects.count() == 1
        assert [request.user for request in CreditRequest.objects.all()] == [self.bob]
