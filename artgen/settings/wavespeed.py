"""WaveSpeed: key and address. Connections: `runpod`."""

from artgen.environment.env import env

WAVESPEED_API_KEY = env.str("WAVESPEED_API_KEY", default="")
WAVESPEED_BASE_URL = env.str(
    "WAVESPEED_BASE_URL", default="https://api.wavespeed.ai/api/v3"
).rstrip("/")
WAVESPEED_WEBHOOK_SECRET = env.str("WAVESPEED_WEBHOOK_SECRET", default="")
