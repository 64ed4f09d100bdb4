"""Many uploads of one user at once, at the limit of the user's bytes."""

from django.core.cache import cache
from django.test import TransactionTestCase, override_settings

from accounts.models import User
from generation.files import storage_limits, uploads
from generation.testing.cases import make_user
from generation.testing.rows.image_files import png
from generation.testing.threads import at_once_behind


@override_settings(UPLOAD_WAIT_SECONDS=60)
class TestManyAtOnce(TransactionTestCase):
    def setUp(self):
        cache.clear()
        self.alice = make_user("alice@example.org")
        self.size = uploads.keep(user=self.alice, data=png()).bytes
        self.enterContext(override_settings(MAX_UPLOAD_BYTES_PER_USER=3 * self.size))

    def test_it_stores_no_more_bytes_than_a_user_may(self):
        self.keep()
        # FOR UPDATE holds back who counts with a lock, and who inserts without one.
        lock = User.objects.select_for_update().get
        # As many as may wait for the bucket at the same time.
        assert at_once_behind(lock, [self.keep] * 2) == {"Upload": 1, "StorageFull": 1}
        assert storage_limits.bytes_of_uploads(self.alice) == 3 * self.size

    def keep(self):
        return uploads.keep(user=self.alice, data=png())
