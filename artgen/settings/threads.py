"""How many threads of a web process may wait for something slow."""

from artgen.env import env

_web_threads = env.int("GUNICORN_THREADS", default=4)
_half = max(1, _web_threads // 2)
ARCHIVES_PER_PROCESS = _half  # ZIP downloads, each of which occupies a thread until it ends
BUCKET_THREADS = _half  # that wait for a bucket that does not respond
PROMPT_HELPER_THREADS = _half  # that wait for the text endpoint
HELD_THREADS = max(1, _web_threads - 1)  # in all: one thread remains for pages
