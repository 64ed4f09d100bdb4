"""Redis: cache, rate limits and channel layer; all in this process in the demo."""

from artgen import redis_clients
from artgen.env import env

REDIS_URL = env.server(
    "REDIS_URL", ("redis", "rediss", "unix"), example="redis://:PASSWORD@HOST:6379/0"
)
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "artgen.cache.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"pool_class": redis_clients.Pool, **redis_clients.TIMEOUTS},
        }
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "artgen.channel_layers.RedisLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, **redis_clients.TIMEOUTS}]},
        },
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "artgen.channel_layers.ThreadsafeInMemoryChannelLayer"}
    }

RATELIMIT_USE_CACHE = "default"
