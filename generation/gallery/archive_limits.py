"""Limit archives: one per user, and some per process."""

import threading
import time
from contextlib import suppress

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid4

from accounts.models import User
from artgen import formatting
from artgen.cache import CacheAway
from artgen.refusals import Refusal
from generation.files.threads import Threads

LEASE_SECONDS = 120  # after which a slot of a killed process is free
RENEW_SECONDS = 30
RETRY_AFTER = 15  # s


class Busy(Refusal):
    """No archive can start now; `yours`: the user's own is still running."""

    code = "too_many_requests"
    status = 429

    def __init__(self, *, yours: bool) -> None:
        super().__init__(retry_after=RETRY_AFTER)
        self.yours = yours

    @property
    def message(self) -> str:
        """What to wait for."""
        if self.yours:
            return _("Your previous download is still running. Wait for it to finish.")
        text = _("Too many downloads right now. Try again in %(duration)s.")
        return text % {"duration": formatting.duration(RETRY_AFTER)}


_threads = Threads(settings.ARCHIVES_PER_PROCESS, busy=lambda: Busy(yours=False))


class Slot:
    """Permission to create an archive, until `release`."""

    def __init__(self, key: str) -> None:
        self._key, self._token = key, str(uuid4())
        self._renewed = time.monotonic()
        self._released = threading.Lock()
        _threads.hold()
        try:
            if not cache.add(key, self._token, LEASE_SECONDS):
                raise Busy(yours=True)
        except BaseException:
            _threads.let_go()
            raise

    def renew(self) -> None:
        """Extend the lease while the archive is being sent."""
        if time.monotonic() - self._renewed > RENEW_SECONDS:
            self._renewed = time.monotonic()
            cache.set(self._key, self._token, LEASE_SECONDS)

    def release(self) -> None:
        """Free the slot; further calls do nothing."""
        if not self._released.acquire(blocking=False):
            return
        _threads.let_go()
        with suppress(CacheAway):  # then the lease expires
            if cache.get(self._key) == self._token:
                cache.delete(self._key)


def take(user: User) -> Slot:
    """Return a slot for the user's next archive; raise Busy or artgen.cache.CacheAway.

    The second limit applies per process.
    """
    return Slot(_key(user))


def is_free(user: User) -> bool:
    """Return whether the user has no running archive."""
    return cache.get(_key(user)) is None


def _key(user: User) -> str:
    return f"archive.{user.pk}"
