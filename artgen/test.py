"""What every test starts from: alice, bob and staff, the catalog, and an emulator of RunPod."""

from typing import Any, ClassVar

from django.core.cache import cache
from django.core.management import call_command
from django.test import TestCase

from accounts import ledger
from accounts.models import User


class BaseTestCase(TestCase):
    """A TestCase with three users and an empty cache. Alice and bob have 100 credits each."""

    alice: ClassVar[User]
    bob: ClassVar[User]
    staff: ClassVar[User]

    @classmethod
    def setUpTestData(cls) -> None:
        """Create the users."""
        cls.alice = cls.make_user("alice@example.org")
        cls.bob = cls.make_user("bob@example.org")
        cls.staff = cls.make_user("staff@example.org", is_staff=True, is_superuser=True)

    @classmethod
    def make_user(cls, email: str, *, credits: int = 100, **fields: Any) -> User:
        """Return a new user whose password is "password"."""
        user = User.objects.create_user(email, "password", language="en", **fields)
        if credits:
            ledger.grant(user=user, amount=credits, reason="for the test")
        user.refresh_from_db()
        return user

    @classmethod
    def load_catalog(cls) -> None:
        """Load the models on offer and the styles."""
        call_command("load_catalog", verbosity=0, stdout=_Nothing())

    def setUp(self) -> None:
        """Forget what an earlier test cached: rate limits, speeds, lines."""
        cache.clear()


class _Nothing:
    def write(self, text: str) -> None:
        """Swallow the text."""
