"""Redis: cache, rate limits and channel layer; all in this process in the demo."""

from django.core.exceptions import ImproperlyConfigured

from artgen.env import env

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(  # without the address: it may have a password
            "REDIS_URL is not valid: it must be like redis://:PASSWORD@HOST:6379/0."
        )
    CACHES = {
        "default": {
            "BACKEND": "artgen.cache.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 5},
        }
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "artgen.channel_layers.RedisLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 2}]},
        },
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "artgen.channel_layers.ThreadsafeInMemoryChannelLayer"}
    }

RATELIMIT_USE_CACHE = "default"
