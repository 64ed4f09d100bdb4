"""The users of a run: they place, cancel and retry, repeat what got no answer, and listen."""

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import httpx2
import openai

from deploy.chaos.plan import UserOrder, marker
from generation.demo.emulator.painters import tiny_png

PAUSE = 0.7  # seconds before a request is repeated
REPEATABLE = (408, 425, 429, 500, 502, 503, 504)
TIMEOUT = aiohttp.ClientTimeout(total=20)
OPENAI: dict[str, Any] = {"timeout": 8, "max_retries": 1000}  # more patient than programs are


@dataclass
class Heard:
    """What the sockets have said that was not meant for their users."""

    foreign: list[str] = field(default_factory=list)


class People:
    """All users in one event loop; `async with` opens their connections."""

    def __init__(self, url: str, accounts: Sequence[dict[str, str]]) -> None:
        self.url, self.accounts = url, accounts
        self.heard = Heard()

    async def __aenter__(self) -> "People":
        self.stack = AsyncExitStack()
        self.sessions = [
            await self.stack.enter_async_context(
                aiohttp.ClientSession(
                    # An address each, because nginx limits the requests of an address.
                    connector=aiohttp.TCPConnector(local_addr=(f"127.3.0.{number + 1}", 0)),
                    headers={
                        "Authorization": f"Bearer {account['token']}",
                        "Accept-Language": "en",
                    },
                    timeout=TIMEOUT,
                )
            )
            for number, account in enumerate(self.accounts)
        ]
        self.programs = [
            await self.stack.enter_async_context(self._program(number, account["token"]))
            for number, account in enumerate(self.accounts)
        ]
        self.listeners = [
            asyncio.create_task(self._listen(number)) for number in range(len(self.sessions))
        ]
        return self

    async def __aexit__(self, *error: object) -> None:
        for listener in self.listeners:
            listener.cancel()
        await asyncio.gather(*self.listeners, return_exceptions=True)
        await self.stack.aclose()

    def _program(self, number: int, token: str) -> openai.AsyncOpenAI:
        """Return OpenAI's own client, which repeats lost replies with their number."""
        transport = httpx2.AsyncHTTPTransport(local_address=f"127.3.0.{number + 1}")
        client = httpx2.AsyncClient(transport=transport)
        base_url = f"{self.url}/v1"
        return openai.AsyncOpenAI(base_url=base_url, api_key=token, http_client=client, **OPENAI)

    async def live(self, orders: Sequence[UserOrder], *, seconds: float) -> None:
        """Place all orders in their time; return when all are answered, at most these seconds."""
        began = time.monotonic()
        tasks = [asyncio.create_task(self._one(order, began)) for order in orders]
        _, unanswered = await asyncio.wait(tasks, timeout=seconds)
        for task in unanswered:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def _one(self, order: UserOrder, began: float) -> None:
        await asyncio.sleep(max(0.0, began + order.at - time.monotonic()))
        place = self._place_by_program if order.program else self._place
        await asyncio.gather(*(place(order) for _n in range(1 + order.twin)))
        if order.cancel_after is None or not order.ids:
            return
        await asyncio.sleep(order.cancel_after)
        for job_id in order.ids[0]:
            await self._cancel(order, job_id)

    async def _place(self, order: UserOrder) -> None:
        """Place the order and note the ids; repeat it with the same key until it is answered."""
        single = len(order.jobs) == 1
        path = "/api/v1/jobs/" if single else "/api/v1/batches/"
        body = order.jobs[0] if single else {"jobs": order.jobs}
        headers = {"Idempotency-Key": order.key}
        status, document = await self._persist(order, "POST", path, json=body, headers=headers)
        if status in (200, 201):
            jobs = [document] if single else document["jobs"]
            order.ids.append([job["id"] for job in jobs])
        else:
            order.refused = f"{status} {document}"[:300]

    async def _place_by_program(self, order: UserOrder) -> None:
        """Place the order as another program does, and note which files it is sent."""
        if order.program == "txt2img":
            images = await self._txt2img(order)
        else:
            images = await self._openai_images(order)
        if images:
            files = [hashlib.sha256(base64.b64decode(image)) for image in images]
            order.files.append({file.hexdigest() for file in files})

    async def _openai_images(self, order: UserOrder) -> list[str]:
        job, images = order.jobs[0], self.programs[order.user].images
        fields: dict[str, Any] = {
            "model": job["model"],
            "prompt": job["prompt"],
            "n": len(order.jobs),
        }
        if "width" in job and order.program == "generations":
            fields["size"] = f"{job['width']}x{job['height']}"
        try:
            if order.program == "edits":
                source = tiny_png(256, 256, order.number)
                reply = await images.edit(image=("source.png", source), **fields)
            else:
                reply = await images.generate(**fields)
        except openai.APIError as error:
            order.refused = str(error)[:300]
            return []
        return [image.b64_json or "" for image in reply.data or []]

    async def _txt2img(self, order: UserOrder) -> list[str]:
        job = order.jobs[0]
        body = job | {
            "batch_size": len(order.jobs),
            "override_settings": {"sd_model_checkpoint": job["model"]},
        }
        status, document = await self._persist(
            order,
            "POST",
            "/sdapi/v1/txt2img",
            json=body,
            headers={"Idempotency-Key": order.key},
        )
        if status == 200:
            return list(document["images"])
        order.refused = f"{status} {document}"[:300]
        return []

    async def _cancel(self, order: UserOrder, job_id: str) -> None:
        status, _ = await self._persist(order, "POST", f"/api/v1/jobs/{job_id}/cancel/")
        if status != 200:
            return
        order.canceled.append(job_id)
        if order.retry:
            await self._retry(order, job_id)

    async def _retry(self, order: UserOrder, job_id: str) -> None:
        """Place the job again once: without a key a request must not be repeated."""
        status, document = await self._try(order, "POST", f"/api/v1/jobs/{job_id}/retry/")
        if status == 201:
            order.retried.append(document["id"])
        elif status is None or status >= 500:
            order.retries_without_answer += 1

    async def _persist(
        self, order: UserOrder, method: str, path: str, **options: Any
    ) -> tuple[int, Any]:
        while True:
            status, document = await self._try(order, method, path, **options)
            # A failed job is a 500 of the web UI, too, with a code of its own.
            is_final = status == 500 and document.get("code") != "server_error"
            if is_final or (status is not None and status not in REPEATABLE):
                return status, document
            await asyncio.sleep(PAUSE)

    async def _try(
        self, order: UserOrder, method: str, path: str, **options: Any
    ) -> tuple[int | None, Any]:
        """Return status and JSON of the answer; None without an answer."""
        session = self.sessions[order.user]
        try:
            async with session.request(method, f"{self.url}{path}", **options) as answer:
                return answer.status, await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError):
            return None, None

    async def _listen(self, user: int) -> None:
        """Keep a socket open, and check that all its jobs are the user's own."""
        address = f"{self.url.replace('http', 'ws', 1)}/ws/jobs/"
        while True:
            try:
                async with self.sessions[user].ws_connect(address, max_msg_size=0) as socket:
                    async for message in socket:
                        if message.type is aiohttp.WSMsgType.TEXT:
                            self._hear(user, json.loads(message.data))
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                pass
            await asyncio.sleep(PAUSE)

    def _hear(self, user: int, document: dict[str, Any]) -> None:
        for job in _jobs_in(document):
            if not job["prompt"].startswith(marker(user)):
                self.heard.foreign.append(f"user {user} was sent {job['prompt']!r}")

    async def galleries(self) -> list[list[dict[str, Any]]]:
        """Return, for each user, all images that the API shows, with the bytes of their files."""
        return list(await asyncio.gather(*map(self._gallery, self.sessions)))

    async def _gallery(self, session: aiohttp.ClientSession) -> list[dict[str, Any]]:
        images: list[dict[str, Any]] = []
        address: str | None = f"{self.url}/api/v1/images/?limit=100"
        while address:
            async with session.get(address) as answer:
                answer.raise_for_status()
                page = await answer.json()
            images += page["results"]
            address = page["next"]
        async with aiohttp.ClientSession(timeout=TIMEOUT) as bucket:  # without the token
            for image in images:
                async with bucket.get(image["url"]) as answer:
                    image["file"] = await answer.read() if answer.status == 200 else b""
        return images


def _jobs_in(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if document["type"] == "snapshot":
        yield from document["jobs"]
    elif document["type"] == "job":
        yield document["job"]
