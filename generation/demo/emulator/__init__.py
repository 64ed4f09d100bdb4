"""An emulator of RunPod's queue API over HTTP, for tests, the demo and load tests.

In a test, use `with Emulator(manual=True) as emulator:` and RUNPOD_BASE_URL = emulator.base_url. As
a process, call `serve(…)`. `FAULTS` lists the failures it can simulate, `MAGIC_WORDS` those for
prompts.
"""

from .calls import Call
from .emulator import Emulator
from .faults import FAULTS, MAGIC_WORDS, Faults
from .jobs import EmulatedJob
from .serving import add_arguments, serve
from .webhooks import WebhookDelivery
