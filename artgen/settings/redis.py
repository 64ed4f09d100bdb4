"""Redis, or Valkey: cache, rate limits and channel layer."""

from artgen.environment.env import env
from artgen.redis import redis_clients
from artgen.settings.site import DATA_DIR

REDIS_URL = env.server(
    "REDIS_URL",
    ("redis", "rediss", "unix"),
    example="redis://:PASSWORD@HOST:6379/0",
    default=f"unix://{DATA_DIR}/valkey.sock",  # that of `make run`
)
CACHES = {
    "default": {
        "BACKEND": "artgen.redis.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"pool_class": redis_clients.Pool, **redis_clients.TIMEOUTS},
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "artgen.redis.channel_layers.RedisLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, **redis_clients.TIMEOUTS}]},
    }
}
