"""RunPod: keys, addresses and connections. The times of jobs: `jobs`."""

from artgen.environment.env import env

RUNPOD_API_KEY = env.str("RUNPOD_API_KEY", default="")
HTTP_LIMITS = {  # connections of one process
    "pool_kept": env.int("HTTP_POOL_KEPT", default=50),
    "pool_max": env.int("HTTP_POOL_MAX", default=100),
    "pool_wait_seconds": env.float("HTTP_POOL_WAIT_SECONDS", default=5),
    "connect_seconds": env.float("HTTP_CONNECT_SECONDS", default=3.05),
    "read_seconds": env.float("HTTP_READ_SECONDS", default=15),
    "run_seconds": env.float("HTTP_RUN_SECONDS", default=10),
    "sweep_connections": 4,
    "sweep_seconds": env.float("HTTP_SWEEP_SECONDS", default=8),
}
RUNPOD_BASE_URL = env.str("RUNPOD_BASE_URL", default="https://api.runpod.ai/v2").rstrip("/")
# RunPod's billing API has another host; the emulator has all in one.
RUNPOD_BILLING_URL = (
    "https://api.runpod.io/v2/billing"
    if RUNPOD_BASE_URL == "https://api.runpod.ai/v2"
    else f"{RUNPOD_BASE_URL}/billing"
)
RUNPOD_REACHES_US = env.bool("RUNPOD_REACHES_US", default=None)  # None: decided by PUBLIC_URL
RUNPOD_IMAGE_HOSTS = env.list("RUNPOD_IMAGE_HOSTS", default=["image.runpod.ai"])
