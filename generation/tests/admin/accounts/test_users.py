"""Users in the admin: what concerns their jobs."""

from accounts.credits import ledger_check
from generation.models import Job, Status
from generation.testing.cases import BaseTestCase, hold
from generation.testing.rows.api import make_job


class TestBan(BaseTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.load_catalog()

    def ban(self, **data: str) -> Job:
        """Ban alice, who has a job in the queue, and return the job."""
        self.client.force_login(self.staff)
        job = make_job(self.alice, status=Status.QUEUED)
        hold(user=self.alice, amount=3, reference=job.pk)
        address = f"/admin/accounts/user/{self.alice.pk}/ban/"
        response = self.client.post(address, {"reason": "Spam", "period": "7", **data})
        assert response.status_code == 302
        return Job.objects.get(pk=job.pk)

    def test_it_cancels_the_jobs_and_returns_the_credits(self) -> None:
        assert self.ban(cancel_jobs="on").status == Status.CANCELED
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held, self.alice.is_banned) == (100, 0, True)
        assert ledger_check.check() == []

    def test_it_leaves_the_jobs_if_staff_choose_so(self) -> None:
        assert self.ban().status == Status.QUEUED
        self.alice.refresh_from_db()
        assert self.alice.is_banned
