"""RunPod's queue API emulated over real HTTP: for tests, the demo and load tests.

In a test: `with Emulator(manual=True) as emulator:` and RUNPOD_BASE_URL = emulator.base_url. As a
process: `serve(…)`. What can go wrong on demand is listed in `FAULTS` and, for prompts at the demo,
in `MAGIC_WORDS`.
"""

from .calls import Call
from .emulator import Emulator
from .faults import FAULTS, MAGIC_WORDS, Faults
from .jobs import EmulatedJob
from .serving import add_arguments, serve
from .webhooks import WebhookDelivery

__all__ = [
    "FAULTS",
    "MAGIC_WORDS",
    "Call",
    "EmulatedJob",
    "Emulator",
    "Faults",
    "WebhookDelivery",
    "add_arguments",
    "serve",
]
