"""The environment of `manage.py demo`, which manage.py sets before the settings are loaded.

Addresses, key and image host follow from the two ports, so that the command is all that a demo
needs. Independent of Django.
"""

import argparse
from collections.abc import Mapping, Sequence
from typing import NoReturn

from artgen.management import numbers

DEFAULT_PORT = 8000
EMULATOR_OFFSET = 10  # from the demo's own port to the emulator's
HOST = "127.0.0.1"
PORT_OR_NONE = numbers.Whole(0, numbers.PORT.most)


class _Ports(argparse.ArgumentParser):
    """Reads the ports; the command itself reports what is wrong with its arguments."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def of(arguments: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that `demo` with these arguments needs, {} if a port is not valid.

    What the environment has already is kept, except that the emulator's variables belong together.
    The arguments win over PORT and EMULATOR_PORT. With a RunPod key and no `--emulator-port` there
    is no emulator (EMULATOR_PORT is 0), and jobs go to RunPod.
    """
    parser = _Ports(add_help=False, allow_abbrev=False)
    parser.add_argument("--port", type=numbers.PORT)
    parser.add_argument("--emulator-port", type=PORT_OR_NONE)
    try:
        given, _ = parser.parse_known_args(arguments)
        port = given.port or numbers.PORT(environment.get("PORT", "").strip() or str(DEFAULT_PORT))
        emulator_port = given.emulator_port
        if emulator_port is None:
            emulator_port = 0 if _has_key(environment) else _emulator_port(environment, port)
    except (ValueError, argparse.ArgumentTypeError):
        return {}
    defaults = {
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "LOG_LEVEL": "WARNING",
        "DEFAULT_CREDITS": "100",
    }
    missing = {name: value for name, value in defaults.items() if not environment.get(name)}
    ports = {"PORT": str(port), "EMULATOR_PORT": str(emulator_port)}
    return ports | missing | (_emulator(emulator_port) if emulator_port else {})


def _has_key(environment: Mapping[str, str]) -> bool:
    return any(
        environment.get(name, "").strip() for name in ("RUNPOD_API_KEY", "RUNPOD_API_KEY_FILE")
    )


def _emulator_port(environment: Mapping[str, str], port: int) -> int:
    default = port + EMULATOR_OFFSET
    if default > numbers.PORT.most:
        default = port - EMULATOR_OFFSET
    return numbers.PORT(environment.get("EMULATOR_PORT", "").strip() or str(default))


def _emulator(port: int) -> dict[str, str]:
    base_url = f"http://{HOST}:{port}/v2"
    return {
        "RUNPOD_API_KEY": "demo",
        "RUNPOD_API_KEY_FILE": "",
        "RUNPOD_BASE_URL": base_url,
        "RUNPOD_IMAGE_HOSTS": f"{HOST}:{port}",
        # A stand-in: the emulator's dictionary.
        "PROMPT_HELPER_URL": f"{base_url}/dictionary/openai/v1",
        "PROMPT_HELPER_MODEL": "demo dictionary (stand-in)",
    }
