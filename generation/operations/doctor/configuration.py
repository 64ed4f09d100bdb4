"""Check the settings by Django's system checks, as `release` does before each start."""

from django.core.checks import WARNING, CheckMessage, run_checks

from artgen.environment import installation, setting_names
from generation.operations.doctor.check import Check, without_secrets


def configuration() -> Check:
    """Return what the system checks of Django, its packages and ArtGen find."""
    messages = [*run_checks(), *setting_names.unknown()]
    shown = [message for message in messages if not message.is_silenced()]
    errors = [message for message in shown if message.is_serious()]
    if errors:
        return Check("settings", False, _text(errors), _hint(errors))
    warnings = [message for message in shown if message.level >= WARNING]
    if warnings:
        return Check("settings", True, _text(warnings), _hint(warnings))
    return Check("settings", True, f"valid, for {installation.current().name}")


def _text(messages: list[CheckMessage]) -> str:
    return without_secrets(" ".join(f"{message.msg} ({message.id})" for message in messages))


def _hint(messages: list[CheckMessage]) -> str:
    hints = dict.fromkeys(str(message.hint) for message in messages if message.hint)
    return " ".join([*hints, installation.current().settings])
