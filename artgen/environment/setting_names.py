"""The names of settings, and those in the environment that are probably misspelled."""

import difflib
import os

from django.core.checks import CheckMessage, Warning

from artgen.environment.env import BASE_DIR, env

EXAMPLE = BASE_DIR / "deploy" / "env.example"
LIKENESS = 0.8  # of RUNPOD_KEY and RUNPOD_API_KEY: 0.83


def documented() -> dict[str, str]:
    """Return the values of deploy/env.example by name."""
    lines = EXAMPLE.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def unknown() -> list[CheckMessage]:
    """Warn of each name that is like that of a setting, in the environment and compose's .env."""
    known = documented()
    names = {*os.environ, *env.str("SETTING_NAMES", default="").split()}
    settings_here = {name.removesuffix("_FILE") for name in names}
    return [
        Warning(f"{name} is not a setting. Did you mean {meant}?", id="artgen.W008")
        for name in sorted(settings_here - known.keys())
        for meant in difflib.get_close_matches(name, known, n=1, cutoff=LIKENESS)
    ]
