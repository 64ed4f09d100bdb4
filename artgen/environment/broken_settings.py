"""What commands print when the settings cannot be loaded: what is wrong and where to change it.

`doctor` prints it in its own format.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

from artgen.environment import installation


def report(error: Exception, argv: Sequence[str]) -> int:
    """Print what is wrong and return the exit status."""
    check = as_check(error)
    if argv[1:2] == ["doctor"] and "--json" in argv:
        text = json.dumps({"ok": False, "checks": [check]}, indent=2, ensure_ascii=False)
    else:
        text = f"BROKEN  settings: {check['detail']}\n        {check['hint']}"
    is_doctor = argv[1:2] == ["doctor"]
    print(text, file=sys.stdout if is_doctor else sys.stderr)
    return 1


def as_check(error: Exception) -> dict[str, Any]:
    here = installation.current()
    cause = f": {error.__cause__}" if error.__cause__ else ""
    detail, hint = f"{type(error).__name__}: {error}{cause}", here.settings
    if isinstance(error, OSError) and error.filename:
        detail = f"{error.filename}: {error.strerror}"
        if here is installation.COMPOSE:
            hint = "Write the secrets and values of .env: `docker compose run --rm configure`."
    elif type(error).__name__ == "ImproperlyConfigured":
        detail = str(error)
    return {"name": "settings", "ok": False, "detail": detail, "hint": hint}
