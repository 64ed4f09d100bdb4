"""Storing: a host that hangs or refuses costs its own jobs time and nobody else's."""

import socket
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from generation.files import storage
from generation.jobs.engine import driver, lifecycle, storing
from generation.jobs.queue.scheduling import Openings
from generation.models import ImageModel, Job, Status
from generation.testing.cases import EmulatorTestCase, emulated, make_due, make_user

CDN = "d2h7xmz5gqybh9.cloudfront.net"


class StoringTestCase(EmulatorTestCase):
    def finished(self, *, host: str, user=None) -> Job:
        """Return a job whose image is ready at this host."""
        job = self.place(user=user)
        model = ImageModel.objects.get(pk=job.model_id)
        (taken,) = lifecycle.begin_submission(Openings(model, [model.endpoint]))
        (out,) = lifecycle.store_accepted([(taken, f"rp-{job.id}")])
        result = {"pictures": [{"url": f"https://{host}/a.png", "filename": "a.png"}], "seed": None}
        finished = lifecycle.Finished(
            delay_ms=None, execution_ms=1000, result=result, host=host, cost=None
        )
        (ready,) = lifecycle.begin_storing([(out, finished)])
        return ready

    def hang(self, host: str, user: User, *, count: int = 1, has_failed: bool = False) -> None:
        """Let workers download images of this user that hang."""
        for _ in range(count):
            job = self.finished(host=host, user=user)
            Job.objects.filter(id=job.id).update(
                due_at=timezone.now() + storing.LEASE, is_claimed=True, host_failed=has_failed
            )

    def claim(self, *, slots: int = 4, workers: int = 1) -> Job | None:
        claimed = lifecycle.claim_storing(lease=storing.LEASE, slots=slots, workers=workers)
        return claimed[0] if claimed else None


class TestHost(StoringTestCase):
    """A host that is slow, with four slots in all."""

    def test_it_leaves_slots_for_other_hosts(self):
        self.hang("slow.example", self.alice, count=2)
        self.hang("slow.example", self.bob)
        self.finished(host="slow.example", user=self.staff)
        other = self.finished(host="other.example", user=self.bob)

        assert self.claim() == other
        assert self.claim() is None
        assert self.claim(slots=8).result_host == "slow.example"

    def test_it_gives_a_host_slots_of_all_workers_until_it_fails(self):
        self.hang("slow.example", self.alice, count=2)
        self.hang("slow.example", self.bob)
        for _ in range(2):
            self.finished(host="slow.example", user=self.staff)

        assert self.claim(workers=2)
        paused = self.finished(host="slow.example", user=self.bob)
        Job.objects.filter(id=paused.id).update(
            due_at=timezone.now() + storing.PAUSE, host_failed=True
        )
        assert self.claim(workers=2) is None

    def test_it_leaves_slots_of_each_worker_to_others(self):
        self.hang("cdn.example", self.alice, count=2)
        self.finished(host="cdn.example")

        assert self.claim(workers=2) is None

    def test_it_leaves_slots_of_the_host_for_other_users(self):
        self.hang("cdn.example", self.alice, count=2)
        self.finished(host="cdn.example")
        other = self.finished(host="cdn.example", user=self.bob)

        assert self.claim() == other

    def test_it_tries_one_image_at_once_of_those_for_which_the_host_failed(self):
        self.hang("cdn.example", self.alice, has_failed=True)
        failed = self.finished(host="cdn.example", user=self.bob)
        Job.objects.filter(id=failed.id).update(host_failed=True)
        new = self.finished(host="cdn.example", user=self.bob)

        assert self.claim() == new
        assert self.claim() is None
        for job in Job.objects.exclude(id=failed.id):
            lifecycle.postpone([job], until=timezone.now() + storing.LEASE)
        assert self.claim() == failed

    def test_it_tries_new_images_before_those_for_which_the_host_failed(self):
        failed = self.finished(host="cdn.example", user=self.bob)
        Job.objects.filter(id=failed.id).update(
            host_failed=True, due_at=timezone.now() - storing.LEASE
        )
        new = self.finished(host="cdn.example", user=self.alice)

        assert self.claim(slots=2) == new

    def test_it_limits_no_image_that_is_in_its_reply(self):
        self.hang("", self.alice, count=4)
        assert self.claim() is None
        inline = self.finished(host="")

        assert self.claim() == inline


class TestImage(StoringTestCase):
    """An image that cannot be downloaded although its host works."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.carol = make_user("carol@example.org")

    def ready(self, user: User, *, fault: str = "") -> Job:
        """Return a due job of this user whose image RunPod has made, with this fault."""
        self.emulator.faults.next("job", fault)
        job = self.place(user=user)
        driver.submit("flux-schnell")
        self.emulator.advance(30)
        self.hurry(job)
        driver.check("flux-schnell")
        return job

    def hurry(self, job: Job) -> None:
        Job.objects.filter(id=job.id).update(due_at=timezone.now())

    def test_it_delays_no_image_of_others(self):
        for user, fault in ((self.alice, "url_404"), (self.bob, "url_redirects_private")):
            job = self.ready(user, fault=fault)
            for _ in range(3):
                storing.store()
                self.hurry(job)
            storing.store()
        plain = self.ready(self.carol)

        storing.store()

        plain.refresh_from_db()
        assert plain.status == Status.SUCCEEDED

    @pytest.mark.slow
    def test_it_is_given_up_for_now_when_its_host_has_been_silent_for_seconds(self):
        job = self.ready(self.alice, fault="url_hangs")

        storing.store()

        job.refresh_from_db()
        assert (job.status, job.host_failed, job.is_claimed) == (Status.STORING, True, False)
        assert "silent for 3 s" in job.error_detail

    def test_it_stores_each_of_several_also_after_one_could_not_be_downloaded(self):
        job = self.ready(self.alice)
        job.refresh_from_db()
        (first,) = job.result["pictures"]
        for second in ({**first, "url": f"{first['url']}-gone"}, first):
            assert not job.images.exists()
            result = {**job.result, "pictures": [first, second]}
            Job.objects.filter(id=job.id).update(result=result, due_at=timezone.now())
            storing.store()
        job.refresh_from_db()
        assert (job.status, self.kinds(job)) == (Status.SUCCEEDED, ["hold", "settle"])
        images = job.images.order_by("position")
        assert [image.seed for image in images] == [job.seed, job.seed + 1]
        keys = [key for image in images for key in image.keys]
        assert len(keys) == len(set(keys)) >= 4
        assert all(storage.read(key) for key in keys)

    def test_it_is_tried_less_and_less_often(self):
        job = self.ready(self.alice, fault="url_404")
        storing.store()
        pauses = []
        for seconds in (5, 30, 60, 900):
            finished_at = timezone.now() - timedelta(seconds=seconds)
            Job.objects.filter(id=job.id).update(started_at=finished_at, execution_ms=0)
            self.hurry(job)
            storing.store()
            job.refresh_from_db()
            pauses.append(round((job.due_at - timezone.now()).total_seconds()))
        assert pauses == [10, 15, 30, 120]

    def test_it_says_why_and_keeps_the_job(self):
        job = self.finished(host="127.0.0.1:9")
        Job.objects.filter(id=job.id).update(snapshot={**job.snapshot, "dialect": "a1111"})

        storing.store()

        job.refresh_from_db()
        assert job.status == Status.STORING
        assert "not among the allowed hosts" in job.error_detail
        assert job.due_at > timezone.now()


class TestAnyAddress(EmulatorTestCase):
    """The recorded content networks of the edit models: their names lead to a host of the test."""

    def setUp(self):
        super().setUp()
        self.emulator = self.enterContext(emulated(cdn=CDN))

    def resolve(self, address: str, port: int) -> None:
        real = socket.getaddrinfo

        def getaddrinfo(host, *rest, **options):
            if host == CDN:
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]
            return real(host, *rest, **options)

        socket.getaddrinfo = getaddrinfo
        self.addCleanup(setattr, socket, "getaddrinfo", real)

    def finished(self) -> Job:
        """Return a job of a model whose image RunPod put behind the content network's name."""
        self.emulator.output_formats.set(None, cdn=True)
        job = self.place()
        driver.submit("flux-schnell")
        self.emulator.advance(30)
        make_due()
        driver.check("flux-schnell")
        job.refresh_from_db()
        assert (job.status, job.result_host) == (Status.STORING, CDN)
        return job

    @property
    def port(self) -> int:
        return int(self.emulator.image_host.rpartition(":")[2])

    def test_it_stores_an_image_from_a_host_that_the_operator_did_not_list_by_port(self):
        self.resolve("127.0.0.1", self.port)
        job = self.finished()
        with override_settings(RUNPOD_IMAGE_HOSTS=[f"{CDN}:{self.port}"]):
            storing.store()
        job.refresh_from_db()
        assert job.status == Status.SUCCEEDED

    def test_it_keeps_a_job_whose_host_is_at_a_private_address(self):
        self.resolve("10.0.0.7", 443)
        job = self.finished()
        job.result["pictures"][0]["url"] = f"https://{CDN}/a.png"
        Job.objects.filter(id=job.id).update(result=job.result)
        with override_settings(RUNPOD_IMAGE_HOSTS=["image.runpod.ai"]):
            storing.store()
        job.refresh_from_db()
        assert job.status == Status.STORING
        assert "10.0.0.7, which is not a public address" in job.error_detail

    def test_it_goes_to_any_public_address_for_a_public_endpoint(self):
        self.resolve("93.184.215.14", 443)
        asked = []
        connect = socket.socket.connect

        def refuse(sock, where):
            if where[0] == "93.184.215.14":
                asked.append(where)
                raise OSError("not from a test")
            return connect(sock, where)

        socket.socket.connect = refuse
        self.addCleanup(delattr, socket.socket, "connect")
        job = self.finished()
        job.result["pictures"][0]["url"] = f"https://{CDN}/a.png"
        Job.objects.filter(id=job.id).update(result=job.result)
        with override_settings(RUNPOD_IMAGE_HOSTS=["image.runpod.ai"]):
            storing.store()
        assert asked == [("93.184.215.14", 443)]
        job.refresh_from_db()
        assert job.status == Status.STORING


class TestHang(StoringTestCase):
    def test_it_stores_another_persons_image_while_a_host_hangs(self):
        name = "slow.example"
        self.hang(name, self.alice, count=2)
        self.hang(name, self.bob)
        slow = self.finished(host=name)
        other = self.place(user=self.bob)
        driver.submit("flux-schnell")
        self.emulator.advance(30)
        make_due(other.id)
        driver.check("flux-schnell")

        with override_settings(CELERY_WORKER_CONCURRENCY=4, STORE_WORKERS=1):
            stored = storing.store()

        assert stored.id == other.id
        other.refresh_from_db()
        slow.refresh_from_db()
        assert (other.status, slow.status) == (Status.SUCCEEDED, Status.STORING)
