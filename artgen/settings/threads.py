"""How many threads of a web process may wait for something slow."""

from artgen.env import env

# A ZIP download occupies a gunicorn thread until it ends: half of the threads remain for pages.
ARCHIVES_PER_PROCESS = env.int("ARCHIVES_PER_PROCESS", default=2)
# At most half of the threads may wait for a bucket that does not respond, and one thread remains
# that neither waits nor sends a ZIP.
_web_threads = env.int("GUNICORN_THREADS", default=4)
BUCKET_THREADS = env.int("BUCKET_THREADS", default=None) or max(1, _web_threads // 2)
PROMPT_HELPER_THREADS = max(1, _web_threads // 2)  # that wait for the text endpoint
HELD_THREADS = max(1, _web_threads - 1, BUCKET_THREADS)
