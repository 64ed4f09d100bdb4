"""One simulated user: signs in sometimes, creates an image, follows it, browses, repeats."""

import asyncio
import contextlib
import itertools
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping

from django.conf import settings

from deploy.loadtest.client import Browser, Socket
from deploy.loadtest.measures import StepFailed

WORDS = """
lighthouse harbor mountain valley river bridge winter garden portrait window rain neon island forest
canyon vase cotton paper desert city
""".split()
FINAL = ("succeeded", "failed", "canceled")
FOLLOW_SECONDS = 300
SIGN_IN_SHARE = 0.1  # of the rounds, which begin with signing in
API_EVERY = 10  # one user in ten uses the API instead of pages
LIST_EVERY = 3  # in one round of three the user opens the list of models
# What the open Create page does, in seconds: js/live_updates.js, js/connection.js, js/quote.js.
PING_EVERY, SNAPSHOT_EVERY, QUOTE_EVERY = 15, 10, 30
_FIELD = re.compile(r'<input type="hidden" name="(csrfmiddlewaretoken|key|model)" value="([^"]*)"')
_PAGE_USER = re.compile(r'<body[^>]* data-user="([^"]+)"')
_IMAGE = re.compile(r'href="(/images/[0-9a-f-]{36}/)')


class Person:
    """One simulated user with its own client. `run` ends when it is canceled."""

    def __init__(
        self,
        *,
        number: int,
        account: Mapping[str, str],
        client: Browser,
        think: tuple[float, float],
        leaving: Callable[[], bool],
    ) -> None:
        self.account, self.client = account, client
        self.think = think  # seconds between steps
        self.leaving = leaving  # returns True when no more images may be created
        self.random = random.Random(number)
        self.number = number
        self.images_placed = 0
        self.socket: Socket | None = None
        self.follows = False  # a job that has not ended
        self.uses_api = number % API_EVERY == 1
        client.keep_cookie(settings.SESSION_COOKIE_NAME, account["session"])

    async def run(self) -> None:
        """Run rounds; a failed step ends the round, not the user."""
        await asyncio.sleep(self.random.uniform(0, self.think[1]))
        try:
            while not self.leaving():
                with contextlib.suppress(StepFailed):
                    await (self._round_of_api() if self.uses_api else self._round_of_pages())
                await self._close_socket()
                with contextlib.suppress(StepFailed):
                    await self._think()
        finally:
            await self._close_socket()
            await self.client.close()

    async def _think(self) -> None:
        await asyncio.sleep(self.random.uniform(*self.think))
        if self.leaving():
            raise StepFailed("the test is over")

    async def _close_socket(self) -> None:
        if self.socket is not None:
            await self.socket.close()
            self.socket = None

    # --- pages ------------------------------------------------------------------------------------
    async def _round_of_pages(self) -> None:
        if (
            not self.client.cookie(settings.SESSION_COOKIE_NAME)
            or self.random.random() < SIGN_IN_SHARE
        ):
            await self._sign_in()
        page = (await self.client.send("create", "GET", "/create/")).text
        fields = dict(_FIELD.findall(page))
        user = match[1] if (match := _PAGE_USER.search(page)) else ""
        part = {"X-Part": "1", "X-Page-User": user}
        self.socket = await self.client.socket("socket", user=user)
        await self._think()
        choice = {"model": fields.get("model", ""), "count": "1"}

        async def quote() -> None:
            await self.client.send("quote", "GET", "/create/quote/", params=choice, headers=part)

        async def place(prompt: str) -> None:
            form = {**fields, **choice, "prompt": prompt}
            headers = {
                **part,
                "X-CSRFToken": self.client.cookie(settings.CSRF_COOKIE_NAME),
                "Referer": str(self.client.url),
            }
            await self.client.send(
                "place", "POST", "/create/", expect=(201,), data=form, headers=headers
            )

        refreshing = asyncio.create_task(self._refresh(quote))
        try:
            await self._think()
            if self.images_placed % LIST_EVERY == 0:
                chosen = {"model": choice["model"]}
                await self.client.send(
                    "models", "GET", "/create/models/", params=chosen, headers=part
                )
            await quote()  # of the draft of the last round, or of another size
            await self._think()
            await self._create(place)
        finally:
            refreshing.cancel()
            await self._close_socket()  # the browser leaves Create
        await self._think()
        gallery = (await self.client.send("gallery", "GET", "/gallery/")).text
        await self._think()
        await self.client.send(
            "search", "GET", "/gallery/", params={"q": self.random.choice(WORDS)}
        )
        await self._think()
        if images := _IMAGE.findall(gallery):
            await self.client.send("image", "GET", self.random.choice(images))

    async def _refresh(self, quote: Callable[[], Awaitable[None]]) -> None:
        """Do what the open Create page does without its user."""
        for seconds in itertools.count(5, 5):
            await asyncio.sleep(5)
            if self.socket is not None and seconds % PING_EVERY == 0:
                await self.socket.send("ping")
            if self.socket is not None and seconds % SNAPSHOT_EVERY == 0 and self.follows:
                await self.socket.send("snapshot")
            if seconds % QUOTE_EVERY == 0:
                with contextlib.suppress(StepFailed):
                    await quote()

    async def _sign_in(self) -> None:
        self.client.forget_cookies()
        page = (await self.client.send("sign-in page", "GET", "/accounts/login/")).text
        form = dict(_FIELD.findall(page)) | {
            "username": self.account["email"],
            "password": self.account["password"],
        }
        headers = {"Referer": str(self.client.url)}
        await self._think()
        await self.client.send(
            "sign in", "POST", "/accounts/login/", expect=(302,), data=form, headers=headers
        )

    # --- API --------------------------------------------------------------------------------------
    async def _round_of_api(self) -> None:
        bearer = {"Authorization": f"Bearer {self.account['token']}"}
        models = await self.client.send("api models", "GET", "/api/v1/models/", headers=bearer)
        slug = re.findall(r'"slug": ?"([^"]+)"', models.text)[0]
        self.socket = await self.client.socket("socket", headers=bearer)
        await self._think()
        quote = {"model": slug, "prompt": "a lighthouse"}
        await self.client.send("api quote", "POST", "/api/v1/quotes/", json=quote, headers=bearer)
        await self._think()

        async def place(prompt: str) -> None:
            body = {"model": slug, "prompt": prompt}
            await self.client.send(
                "api place", "POST", "/api/v1/jobs/", expect=(201,), json=body, headers=bearer
            )

        if job_id := await self._create(place):
            await self.client.send("api job", "GET", f"/api/v1/jobs/{job_id}/", headers=bearer)
        await self._think()
        await self.client.send("api images", "GET", "/api/v1/images/", headers=bearer)

    # --- both -------------------------------------------------------------------------------------
    async def _create(self, place: Callable[[str], Awaitable[None]]) -> str:
        """Create one image, follow it by the socket until it is final, and return its job's id."""
        if self.leaving() or self.socket is None:
            return ""
        notes, counts = self.client.notes, self.client.notes.open
        self.images_placed += 1
        words = " ".join(self.random.sample(WORDS, 3))
        prompt = f"{words}, person {self.number}, image {self.images_placed} at {time.time_ns()}"
        began = time.perf_counter()
        await place(prompt)
        notes.placed += counts
        status, job_id = "", ""
        self.follows = True
        try:
            async with asyncio.timeout(FOLLOW_SECONDS):
                async for job in self.socket.changes(prompt):
                    status, job_id = job["status"], job["id"]
                    if status in FINAL:
                        break
        except TimeoutError as error:
            raise self._lost("not final in time", counts) from error
        finally:
            self.follows = False
        if status not in FINAL:
            raise self._lost("the socket closed", counts)
        if counts:
            notes.waits.append(time.perf_counter() - began)
            notes.finished += status == "succeeded"
        return job_id

    def _lost(self, why: str, counts: bool) -> StepFailed:
        if counts:
            self.client.notes.errors[f"job: {why}"] += 1
        return StepFailed(why)
