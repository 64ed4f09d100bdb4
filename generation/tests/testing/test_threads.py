"""Waiting for other threads ends when what is waited for can no longer happen."""

import threading

import pytest
from django.contrib.auth.models import Group
from django.test import TransactionTestCase

from generation.testing.threads import at_once_behind, until_another_waits, until_set


def test_it_does_not_wait_for_an_event_of_a_thread_that_has_ended() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    with pytest.raises(AssertionError):
        until_set(threading.Event(), thread)


def test_it_sees_an_event_of_a_thread_that_has_ended() -> None:
    event = threading.Event()
    thread = threading.Thread(target=event.set)
    thread.start()
    until_set(event, thread)


class TestLocks(TransactionTestCase):
    def setUp(self) -> None:
        Group.objects.create(name="school")

    def lock(self) -> None:
        Group.objects.select_for_update().get()

    def test_it_does_not_wait_for_who_has_ended(self) -> None:
        with pytest.raises(AssertionError):
            until_another_waits(lambda: False)

    def test_it_waits_for_those_who_need_the_lock(self) -> None:
        def rename() -> int:
            return Group.objects.update(name="club")

        def refuse() -> None:
            raise LookupError

        assert at_once_behind(self.lock, [rename, refuse]) == {"int": 1, "LookupError": 1}
