"""Jobs sent to the emulator directly, until its webhook: the latency that ArtGen does not add."""

import asyncio
import time
from typing import Any

import aiohttp
from aiohttp import web

from generation.testing.services import free_port


async def beyond(
    *, base_url: str, endpoint: str, gpu_seconds: float, jobs: int, per_second: float
) -> list[float]:
    """Return the seconds from each POST to its webhook, without those of the GPU."""
    done: dict[str, asyncio.Future[float]] = {}

    async def ring(request: web.Request) -> web.Response:
        if (await request.json()).get("status") in ("COMPLETED", "FAILED"):
            future = done[request.match_info["number"]]
            if not future.done():
                future.set_result(time.perf_counter())
        return web.Response()

    app = web.Application()
    app.router.add_post("/{number}", ring)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        async with aiohttp.ClientSession(headers={"Authorization": "Bearer test"}) as session:

            async def one(number: int) -> float:
                body: dict[str, Any] = {
                    "input": {
                        "prompt": f"direct {number}",
                        "width": 256,
                        "height": 256,
                        "seed": number,
                    },
                    "webhook": f"http://127.0.0.1:{port}/{number}",
                }
                done[str(number)] = asyncio.get_running_loop().create_future()
                began = time.perf_counter()
                async with session.post(f"{base_url}/{endpoint}/run", json=body) as reply:
                    reply.raise_for_status()
                return await done[str(number)] - began - gpu_seconds

            began, tasks = time.perf_counter(), []
            for number in range(jobs):
                await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
                tasks.append(asyncio.create_task(one(number)))
            return list(await asyncio.gather(*tasks))
    finally:
        await runner.cleanup()
