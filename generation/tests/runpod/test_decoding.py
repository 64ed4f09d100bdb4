"""Images of many pixels are decoded one after another."""

import threading

import pytest

from generation.runpod.decoding import Busy, PixelBudget


class Decoder(threading.Thread):
    """Takes its pixels, signals that, and keeps them until it may end."""

    def __init__(self, budget, pixels):
        super().__init__(daemon=True)
        self.budget, self.pixels = budget, pixels
        self.decoding, self.may_end = threading.Event(), threading.Event()
        self.start()

    def run(self):
        with self.budget.spend(self.pixels):
            self.decoding.set()
            self.may_end.wait()

    def end(self):
        self.may_end.set()
        self.join()


def assert_is_busy(budget, pixels):
    with pytest.raises(Busy), budget.spend(pixels, wait_seconds=0):
        pass


def test_it_lets_small_images_be_decoded_at_once():
    budget = PixelBudget(10)
    with budget.spend(4), budget.spend(6, wait_seconds=0):
        assert_is_busy(budget, 1)
    with budget.spend(10, wait_seconds=0):
        pass


def test_it_lets_one_be_decoded_alone():
    budget = PixelBudget(10)
    with budget.spend(wait_seconds=0):
        assert_is_busy(budget, 1)
        assert_is_busy(budget, None)
    with budget.spend(1):
        assert_is_busy(budget, None)


def test_it_takes_an_image_of_more_than_the_budget_alone():
    budget = PixelBudget(10)
    with budget.spend(1000, wait_seconds=0):
        assert_is_busy(budget, 1)


def test_it_gives_back_what_a_failed_decoding_took():
    budget = PixelBudget(10)
    with pytest.raises(ZeroDivisionError), budget.spend():
        raise ZeroDivisionError
    with budget.spend(wait_seconds=0):
        pass


def test_it_lets_a_large_image_wait_for_its_turn_and_not_be_overtaken():
    budget = PixelBudget(10)
    first = Decoder(budget, 5)
    assert first.decoding.wait(20)
    large = Decoder(budget, 10)
    while not budget.waiting:
        pass
    assert_is_busy(budget, 5)  # although there is room: the large one is first
    assert not large.decoding.is_set()
    first.end()
    assert large.decoding.wait(20)
    large.end()
    with budget.spend(5, wait_seconds=0):
        pass
