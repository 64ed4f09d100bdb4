"""Check Redis: broker, cache, channel layer, and its memory."""

import secrets
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import redis
from django.conf import settings
from redis.exceptions import (
    AuthenticationError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from artgen.environment import installation
from artgen.observability import health
from artgen.processes.celery import app
from artgen.redis.channel_layers import send_to_group
from generation.operations.doctor.check import Check, error_text

MORE_MEMORY = (
    "Raise its maxmemory (in docker-compose.yml: the command of the service redis), and use the "
    "maxmemory-policy volatile-lru."
)


def servers() -> Iterator[Check]:
    """Write into each Redis that the settings name, and read its memory and policy."""
    addresses = dict.fromkeys((settings.REDIS_URL, str(app.conf.broker_url or "")))
    urls = [url for url in addresses if url.startswith(("redis://", "rediss://", "unix://"))]
    for number, url in enumerate(urls):
        yield _server("redis" if number == 0 else "redis:broker", url)


def _server(name: str, url: str) -> Check:
    where, here = urlsplit(url).hostname or "a socket", installation.current()
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5) as client:
            info = client.info()
            probe = f"doctor:{secrets.token_hex(8)}"
            client.set(probe, 1, ex=10)
            client.delete(probe)
    except OutOfMemoryError as error:
        return Check(name, False, f"{where} is full: {error_text(error)}", MORE_MEMORY)
    except ReadOnlyError as error:
        hint = f"Name the primary server, not a replica. {here.settings}"
        return Check(name, False, f"{where}: {error_text(error)}", hint)
    except AuthenticationError as error:
        hint = f"Correct user and password in the address. {here.settings}"
        return Check(name, False, f"{where}: {error_text(error)}", hint)
    except ResponseError as error:  # such as MISCONF: its disk is full
        return Check(name, False, f"{where}: {error_text(error)}", "See the log of Redis.")
    except (RedisError, OSError, ValueError) as error:
        hint = f"Start {here.server('redis')}, or correct its address. {here.settings}"
        return Check(name, False, f"{where}: {error_text(error)}", hint)
    return _memory(name, where, info)


def _memory(name: str, where: str, info: dict[str, object]) -> Check:
    used, limit = int(str(info["used_memory"])), int(str(info.get("maxmemory") or 0))
    policy = str(info.get("maxmemory_policy", ""))
    detail = f"{where}: {used / 1e6:.0f} MB used"
    if not limit:
        return Check(name, True, f"{detail}, no limit")
    detail = f"{detail} of {limit / 1e6:.0f}, {policy}"
    if policy.startswith("allkeys"):
        hint = "It may drop Celery's messages: use the maxmemory-policy volatile-lru."
        return Check(name, True, detail, hint)
    return Check(name, True, detail)


def broker() -> Check:
    setting = "CELERY_BROKER_URL or REDIS_URL"
    return _tried("broker", health.check_broker, "responds", setting=setting)


def cache() -> Check:
    more = "Is Redis full? See the check redis."
    return _tried("cache", health.check_cache, "stores values", more=more)


def channel_layer() -> Check:
    def send() -> None:
        send_to_group(f"doctor.{secrets.token_hex(4)}", {"type": "doctor"})

    more = "Until then pages poll for changes."
    return _tried("channel_layer", send, "accepts events", more=more)


def _tried(
    name: str, act: Callable[[], object], detail: str, *, setting: str = "REDIS_URL", more: str = ""
) -> Check:
    try:
        act()
    except Exception as error:  # noqa: BLE001 clients raise anything
        here = installation.current()
        hint = f"Start {here.server('redis')}, or correct {setting}. {here.settings} {more}"
        return Check(name, False, error_text(error), hint.strip())
    return Check(name, True, detail)
