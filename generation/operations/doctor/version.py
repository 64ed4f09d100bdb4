"""Say which version this is, and what its changelog asks for after the upgrade to it."""

import re
from itertools import takewhile
from pathlib import Path

from django.conf import settings

from artgen.database import version_history
from artgen.environment.env import BASE_DIR
from generation.operations.doctor.check import Check


def version(changelog: Path = BASE_DIR / "CHANGELOG.md") -> Check:
    """Show the parts "Upgrading" of CHANGELOG.md, down to the version before."""
    _version, before = version_history.read()
    if not before:
        return Check("version", True, settings.VERSION)
    steps = _steps(changelog.read_text(), since=before)
    return Check("version", True, f"{settings.VERSION}, before it {before}", steps)


def _steps(changelog: str, *, since: str) -> str:
    """Return "" also if the changelog has no such version: an older one has been restored."""
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    newer = list(takewhile(lambda section: section.split()[0] != since, sections))
    if len(newer) == len(sections):
        return ""
    parts = [each.partition("\n### Upgrading\n")[2].partition("\n### ")[0] for each in newer]
    return " ".join(" ".join(parts).split())
