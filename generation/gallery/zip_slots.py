"""Limit archives: one per user, and some per process."""

import threading

from django.utils.translation import gettext as _

from accounts.limits.concurrency_slots import ConcurrencySlots
from accounts.models import User
from artgen.refusals import Refusal
from artgen.web import formatting
from generation.files.threads import Threads

RETRY_AFTER = 15  # s


class ArchiveBusy(Refusal):
    """No archive can start now; `yours`: the user's own is still running."""

    code = "too_many_requests"
    status = 429

    def __init__(self, *, yours: bool) -> None:
        super().__init__(retry_after=RETRY_AFTER)
        self.yours = yours

    @property
    def message(self) -> str:
        if self.yours:
            return _("Your previous download is still running. Wait for it to finish.")
        text = _("Too many downloads right now. Try again in %(duration)s.")
        return text % {"duration": formatting.duration(RETRY_AFTER)}


_of_users = ConcurrencySlots("archives", limit=1)
_threads = Threads(busy=lambda: ArchiveBusy(yours=False))


class ArchiveSlot:
    """Permission to create an archive, until `release`."""

    def __init__(self, user: User) -> None:
        _threads.hold()
        self._slot = _of_users.new(user.pk)
        if not _of_users.claim([self._slot]):
            _threads.let_go()
            raise ArchiveBusy(yours=True)
        self._released = threading.Lock()

    def release(self) -> None:
        """Free the slot; further calls do nothing."""
        if self._released.acquire(blocking=False):
            _threads.let_go()
            _of_users.close(self._slot)
            _of_users.release()


def take(user: User) -> ArchiveSlot:
    """Return a slot for the user's next archive; raise ArchiveBusy."""
    return ArchiveSlot(user)


def is_free(user: User) -> bool:
    slot = _of_users.new(user.pk)
    granted = _of_users.claim([slot])
    _of_users.close(slot)
    _of_users.release()
    return bool(granted)
