"""What test classes share until their process ends, because each would spend most of its time on starting it."""

import contextlib

KEPT = contextlib.ExitStack()
