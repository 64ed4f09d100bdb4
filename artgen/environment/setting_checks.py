"""System check: settings whose value would only hurt later, each with the limits that it has."""

from collections.abc import Mapping, Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

DAY = 86_400
NUMBERS: Mapping[str, tuple[int, int]] = {
    "BACKUP_KEEP_DAYS": (1, 36_500),
    "CLOCK_MARGIN_SECONDS": (0, DAY),
    "DB_POOL_MAX": (1, 1000),
    "DEFAULT_CREDITS": (0, 1_000_000_000),
    "JOB_DEADLINE_SECONDS": (10, 30 * DAY),
    "JOB_MAX_ATTEMPTS": (1, 100),
    "JOB_RETENTION_DAYS": (1, 36_500),
    "MAX_WAITING_PER_USER": (1, 1_000_000),
    "PROMPT_HELPER_DESCRIBE_CREDITS": (0, 1_000_000),
    "PROMPT_HELPER_ENHANCE_CREDITS": (0, 1_000_000),
    "PROMPT_HELPER_PER_DAY": (1, 1_000_000),
    "PROMPT_HELPER_PER_MINUTE": (1, 100_000),
    "PROMPT_HELPER_SECONDS": (1, 45),  # nginx and browsers wait longer
    "PROMPT_HELPER_TRANSLATE_CREDITS": (0, 1_000_000),
    "RUNPOD_EXECUTION_TIMEOUT_SECONDS": (5, 7 * DAY),
    "RUNPOD_TTL_SECONDS": (10, 7 * DAY),
    "STORE_LEASE_SECONDS": (20, DAY),
    "URL_EXPIRY_SECONDS": (1, 7 * DAY),  # the longest that S3 signs
}
"""Setting → its least and its greatest value."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "LANGUAGE_CODE": ("ru", "en"),
    "MFA_REQUIRED": ("nobody", "staff", "everybody"),
}


@register()
def limits(app_configs: Sequence[AppConfig] | None, **_: object) -> list[CheckMessage]:
    """Refuse numbers beyond their limits and unknown words."""
    problems = [
        f"{name} is {value}: it must be from {least} to {most}."
        for name, (least, most) in NUMBERS.items()
        if not least <= (value := getattr(settings, name)) <= most
    ]
    problems += [
        f"{name} is {value!r}: it must be one of {', '.join(words)}."
        for name, words in CHOICES.items()
        if (value := getattr(settings, name)) not in words
    ]
    return [Error(text, hint="See deploy/env.example.", id="artgen.E006") for text in problems]
