"""RedisLayer: it speaks as the library's own layer does, and subscribes in batches."""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from redis import Redis
from redis.exceptions import ConnectionError, RedisError

from artgen.redis.channel_layers import LOST, RedisLayer
from artgen.redis.redis_clients import TIMEOUTS
from generation.testing.servers.shared_cache import own_redis
from generation.testing.servers.silence import Proxy

HOSTS: list[dict[str, Any]] = [{"socket_connect_timeout": 20}]
MESSAGE = {"type": "job.changed", "job": {"prompt": "маяк", "n": 1}}


@pytest.fixture(autouse=True, scope="module")
def _server() -> Iterator[None]:
    """Run a Redis in which nobody else subscribes; channels are of the whole server."""
    with own_redis() as url:
        HOSTS[0]["address"] = url
        yield


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    proxy = Proxy("127.0.0.1", urlsplit(HOSTS[0]["address"]).port or 6379)
    yield proxy
    proxy.close()


def through(proxy: Proxy) -> dict[str, Any]:
    return {"address": f"redis://127.0.0.1:{proxy.port}/0", **TIMEOUTS}


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


def redis_client() -> Redis:
    return Redis.from_url(HOSTS[0]["address"])


async def subscribed(*groups: str) -> None:
    """Return when Redis knows the subscriptions."""
    client = redis_client()
    while not all(
        count for _, count in client.pubsub_numsub(*[f"asgi__group__{group}" for group in groups])
    ):
        await asyncio.sleep(0)


def test_it_publishes_from_code_without_an_event_loop():
    async def test() -> None:
        layer = RedisLayer(hosts=HOSTS)
        channel = await layer.new_channel()
        await layer.group_add("alice", channel)
        await asyncio.to_thread(layer.publish, "alice", MESSAGE)
        assert await layer.receive(channel) == MESSAGE

    run(test())


def test_it_subscribes_to_many_groups_with_few_commands():
    async def test() -> None:
        layer = RedisLayer(hosts=HOSTS)
        client = redis_client()

        def commands() -> int:
            return int(client.info("commandstats").get("cmdstat_subscribe", {"calls": 0})["calls"])

        channels = [await layer.new_channel() for _ in range(200)]
        before = commands()
        await asyncio.gather(
            *[layer.group_add(f"user{n}", channel) for n, channel in enumerate(channels)]
        )
        await subscribed(*[f"user{n}" for n in range(200)])
        assert commands() - before <= 3
        for n, channel in enumerate(channels):
            await asyncio.to_thread(layer.publish, f"user{n}", {"type": "x", "n": n})
            assert await layer.receive(channel) == {"type": "x", "n": n}

    run(test())


def test_it_hears_a_group_joined_again_while_it_is_being_left():
    async def test() -> None:
        layer = RedisLayer(hosts=HOSTS)
        before, after = await layer.new_channel(), await layer.new_channel()
        await layer.group_add("alice", before)
        await asyncio.gather(layer.group_discard("alice", before), layer.group_add("alice", after))
        await asyncio.to_thread(layer.publish, "alice", MESSAGE)
        assert await layer.receive(after) == MESSAGE

    run(test())


def test_it_hears_again_after_its_connection_was_cut():
    async def test() -> None:
        layer = RedisLayer(hosts=[{**HOSTS[0], "client_name": "to-be-cut"}])
        channel = await layer.new_channel()
        await layer.group_add("alice", channel)
        client = redis_client()
        ours = [one for one in client.client_list(_type="pubsub") if one["name"] == "to-be-cut"]
        assert ours
        for one in ours:  # and no connection of a test that runs beside this one
            client.client_kill_filter(_id=one["id"])
        assert (await layer.receive(channel))["type"] == LOST
        await asyncio.to_thread(layer.publish, "alice", MESSAGE)
        assert await layer.receive(channel) == MESSAGE

    run(test())


@pytest.mark.slow
def test_it_hears_again_after_its_connection_has_become_silent(proxy: Proxy):
    async def test() -> None:
        layer = RedisLayer(hosts=[through(proxy)])
        channel = await layer.new_channel()
        await layer.group_add("alice", channel)
        sender = RedisLayer(hosts=HOSTS)
        proxy.silent()
        await asyncio.to_thread(sender.publish, "alice", MESSAGE)  # is not heard
        proxy.speaks()
        before = time.time()
        lost = await layer.receive(channel)
        assert lost["type"] == LOST
        assert lost["since"] < before
        await asyncio.to_thread(sender.publish, "alice", MESSAGE)
        assert await layer.receive(channel) == MESSAGE

    run(test())


@pytest.mark.slow
def test_it_joins_no_group_that_it_would_not_hear(proxy: Proxy):
    async def test() -> None:
        layer = RedisLayer(hosts=[through(proxy)])
        channel = await layer.new_channel()
        await layer.group_add("alice", channel)
        proxy.silent()
        with pytest.raises(ConnectionError):
            await layer.group_add("bob", channel)

    run(test())


@pytest.mark.slow
def test_it_says_that_messages_were_lost_when_redis_responds_again(proxy: Proxy):
    async def test() -> None:
        receiver, sender = RedisLayer(hosts=HOSTS), RedisLayer(hosts=[through(proxy)])
        channel = await receiver.new_channel()
        await receiver.group_add("alice", channel)
        proxy.silent()
        before = time.time()
        for _ in range(2):
            with pytest.raises(RedisError):
                await asyncio.to_thread(sender.publish, "alice", MESSAGE)
        proxy.speaks()
        lost = await receiver.receive(channel)
        assert lost["type"] == LOST
        assert before < lost["since"] < time.time()
        await asyncio.to_thread(sender.publish, "alice", MESSAGE)
        assert await receiver.receive(channel) == MESSAGE

    run(test())
