"""Images are decoded one at a time."""

import pytest

from generation.imaging import decoding_turn


def test_it_lets_one_be_decoded_at_a_time() -> None:
    for _ in range(2):
        with (
            decoding_turn.alone(wait_seconds=0),
            pytest.raises(decoding_turn.TurnTimeout),
            decoding_turn.alone(wait_seconds=0),
        ):
            pass
