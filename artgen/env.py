"""Read the environment: typed values, each secret also from the file that NAME_FILE names."""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
"""Reader of the environment; `env.str("NAME")` prefers the content of the file in `NAME_FILE` (Docker secrets)."""

env.smart_cast = False
environ.Env.read_env(BASE_DIR / ".env", overwrite=False)
