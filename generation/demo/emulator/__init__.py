"""An emulator of RunPod's queue API over HTTP, for tests, the demo and load tests.

In a test, use `with Emulator(EmulatorOptions(manual=True)) as emulator:` and RUNPOD_BASE_URL =
emulator.base_url. As a process, call `serve(…)`. `FAULTS` lists the failures it can simulate,
`MAGIC_WORDS` those for prompts.
"""

from .callbacks import WebhookDelivery
from .emulator import Emulator
from .faults import FAULTS, MAGIC_WORDS, Faults
from .jobs import EmulatedJob
from .options import EmulatorOptions
from .process import add_arguments, read_options, serve
from .recorded_calls import Call
