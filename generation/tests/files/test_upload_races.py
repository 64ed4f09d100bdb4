"""Many uploads of one user at once, at the limit of the user's bytes."""

from django.core.cache import cache
from django.test import TransactionTestCase, override_settings

from generation.files import storage_limits, uploads
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

    def keep(self):
        return uploads.keep(user=self.alice, data=png())
