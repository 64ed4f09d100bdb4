"""Many uploads of one user at once, at the limit of the user's bytes; and without the lock."""

from threading import Barrier

from django.core.cache import cache
from django.test import TransactionTestCase, override_settings

from generation.files import storage_limits, uploads
from generation.files.storage_limits import StorageFull
from generation.models import Upload
from generation.testing.cases import make_user
from generation.testing.rows.image_files import png
from generation.testing.threads import at_once


@override_settings(UPLOAD_WAIT_SECONDS=60)
class TestManyAtOnce(TransactionTestCase):
    def setUp(self):
        cache.clear()
        self.alice = make_user("alice@example.org")
        self.size = uploads.keep(user=self.alice, data=png()).bytes
        self.enterContext(override_settings(MAX_UPLOAD_BYTES_PER_USER=3 * self.size))

    def test_it_stores_no_more_bytes_than_a_user_may(self):
        # As many as may wait for the bucket at the same time.
        outcomes = [at_once([self.keep] * 2) for _ in range(4)]
        assert sum(outcome["Upload"] for outcome in outcomes) == 2
        assert sum(outcome["StorageFull"] for outcome in outcomes) == 6
        assert storage_limits.bytes_of_uploads(self.alice) == 3 * self.size

    def test_it_would_store_too_many_bytes_if_it_looked_first(self):
        barrier = Barrier(8)

        def look_then_store():
            used = storage_limits.bytes_of_uploads(self.alice)
            barrier.wait(timeout=20)
            if used + self.size > 3 * self.size:
                raise StorageFull("", limit=0)
            copy = Upload.objects.order_by("id").first()
            copy.pk = None
            copy.save(force_insert=True)

        at_once([look_then_store] * 8)
        assert storage_limits.bytes_of_uploads(self.alice) == 9 * self.size

    def keep(self):
        return uploads.keep(user=self.alice, data=png())
