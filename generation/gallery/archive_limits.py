"""How many archives are packed at the same time: one for each user, and never all threads of a process."""

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
from generation.files import bucket_threads

LEASE_SECONDS = 120  # a killed process holds its users' slots no longer than this
RENEW_SECONDS = 30
RETRY_AFTER = 15  # s

_in_this_process = threading.BoundedSemaphore(settings.ARCHIVES_PER_PROCESS)


class Busy(Refusal):
    """No archive can be started now; `yours`: because the user's previous one is not finished."""

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


class Slot:
    """The right to pack an archive, until `release`."""

    def __init__(self, key: str) -> None:
        self._key, self._token = key, str(uuid4())
        self._renewed = time.monotonic()
        self._released = threading.Lock()
        if not _in_this_process.acquire(blocking=False):
            raise Busy(yours=False)
        if not bucket_threads.hold():
            _in_this_process.release()
            raise Busy(yours=False)
        try:
            if not cache.add(key, self._token, LEASE_SECONDS):
                raise Busy(yours=True)
        except BaseException:
            _free_thread()
            raise

    def renew(self) -> None:
        """Say that the archive is still on its way."""
        if time.monotonic() - self._renewed > RENEW_SECONDS:
            self._renewed = time.monotonic()
            cache.set(self._key, self._token, LEASE_SECONDS)

    def release(self) -> None:
        """Let the next one begin; a second time changes nothing."""
        if not self._released.acquire(blocking=False):
            return
        _free_thread()
        with suppress(CacheAway):  # then the lease ends by itself
            if cache.get(self._key) == self._token:
                cache.delete(self._key)


def _free_thread() -> None:
    bucket_threads.let_go()
    _in_this_process.release()


def take(user: User) -> Slot:
    """Return a slot for the user's next archive; raises Busy, or artgen.cache.CacheAway.

    The limit of a process is its own: eight processes on two machines pack up to sixteen times as many.
    """
    return Slot(_key(user))


def is_free(user: User) -> bool:
    """Tell whether the user has no archive on its way."""
    return cache.get(_key(user)) is None


def _key(user: User) -> str:
    return f"archive.{user.pk}"
