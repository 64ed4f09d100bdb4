from decimal import Decimal

from django.core.checks import run_checks
from django.test import override_settings

WORDS = "RUNPOD_API_KEY contains spaces, line breaks or other invalid characters."


def found(key: str) -> list[str]:
    with override_settings(RUNPOD_API_KEY=key):
        return [message.msg for message in run_checks() if message.id == "generation.E001"]


class TestRunPodKey:
    def test_it_takes_a_key_none_and_one_from_a_file_that_ends_in_a_newline(self) -> None:
        for key in ("rpa_ABC123", "", "rpa_ABC123\n"):
            assert found(key) == [], repr(key)

    def test_it_refuses_what_no_header_can_carry_and_does_not_repeat_it(self) -> None:
        for key in ("rpa ABC", "rpa_ABC\nRUNPOD", "ключ", "rpa_\x00"):
            assert found(key) == [WORDS], repr(key)


class TestPrice:
    def test_it_refuses_what_no_price_follows_from(self) -> None:
        for value in ("0", "-1", "NaN", "Infinity"):
            with override_settings(CREDIT_USD=Decimal(value), PRICE_MARGIN=Decimal("1.2")):
                messages = [
                    message.msg for message in run_checks() if message.id == "generation.E002"
                ]
            assert messages == [f"CREDIT_USD is {value}: it must be a number above 0."]
        assert [message for message in run_checks() if message.id == "generation.E002"] == []

    def test_it_refuses_what_no_call_costs(self) -> None:
        for value, is_refused in (("-1", True), ("NaN", True), ("1000", True), ("0.004", False)):
            with override_settings(PROMPT_HELPER_CALL_USD=Decimal(value)):
                found = [message for message in run_checks() if message.id == "generation.E004"]
            assert bool(found) == is_refused, value
