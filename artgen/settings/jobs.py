"""Jobs: their times here and at RunPod, attempts and limits of a user."""

from artgen.environment.env import env

JOB_DEADLINE_SECONDS = env.int("JOB_DEADLINE_SECONDS", default=1800)
CLOCK_MARGIN_SECONDS = env.int("CLOCK_MARGIN_SECONDS", default=60)
STORE_LEASE_SECONDS = env.int("STORE_LEASE_SECONDS", default=180)
RUNPOD_TTL_SECONDS = env.int("RUNPOD_TTL_SECONDS", default=1200)
RUNPOD_MISSING_SECONDS = env.int("RUNPOD_MISSING_SECONDS", default=30)
RUNPOD_EXECUTION_TIMEOUT_SECONDS = env.int("RUNPOD_EXECUTION_TIMEOUT_SECONDS", default=600)
JOB_MAX_ATTEMPTS = env.int("JOB_MAX_ATTEMPTS", default=3)
MAX_WAITING_PER_USER = env.int("MAX_WAITING_PER_USER", default=200)
# Of one user. Staff can set other limits for a user or group in the admin. None: no limit.
MAX_JOBS_AT_ONCE_PER_USER = env.int("MAX_JOBS_AT_ONCE_PER_USER", default=0) or None
MAX_JOBS_PER_DAY = env.int("MAX_JOBS_PER_DAY", default=2000) or None
MAX_CANCELS_PER_DAY = env.int("MAX_CANCELS_PER_DAY", default=500) or None
MAX_CREDITS_PER_DAY = env.int("MAX_CREDITS_PER_DAY", default=0) or None
MAX_JOBS_PER_MONTH = env.int("MAX_JOBS_PER_MONTH", default=0) or None
MAX_CREDITS_PER_MONTH = env.int("MAX_CREDITS_PER_MONTH", default=0) or None
MAX_UPLOAD_BYTES_PER_USER = env.int("MAX_UPLOAD_BYTES_PER_USER", default=1_000_000_000) or None
MAX_IMAGE_BYTES_PER_USER = env.int("MAX_IMAGE_BYTES_PER_USER", default=0) or None
