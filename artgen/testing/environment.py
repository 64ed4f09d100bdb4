"""The variables that deploy/env.example documents."""

from django.conf import settings

EXAMPLE = settings.BASE_DIR / "deploy" / "env.example"


def documented() -> dict[str, str]:
    """Return the values of deploy/env.example by name."""
    lines = EXAMPLE.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
