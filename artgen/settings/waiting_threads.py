"""How many threads of a web process may wait for something slow."""

from artgen.environment.env import env

_web_threads = env.int("GUNICORN_THREADS", default=4)
# At most, for one thing: ZIP downloads, a bucket that does not respond, the text endpoint.
WAITING_THREADS = max(1, _web_threads // 2)
HELD_THREADS = max(1, _web_threads - 1)  # in all: one thread remains for pages
