"""RunPod's billing API: what the jobs have cost, by time bucket.

Own endpoints are billed one by one, all public endpoints as one total. The emulator charges both
per job that a worker has begun, however it ended, what its answer says it cost; RunPod charges own
endpoints by the second.
Source: https://docs.runpod.io/api-reference-v2/billing/get-serverless-billing-history and
https://docs.runpod.io/api-reference-v2/billing/get-public-endpoint-billing-history
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aiohttp import web

from .endpoint_access import EndpointAccess
from .job_queue import JobQueue
from .output_formats import RECORDED
from .worker_rules import PUBLIC_ENDPOINTS

DEFAULT_PERIOD = timedelta(days=30)
DAY = timedelta(days=1)


class BillingApi:
    """The two lists of the billing API that ArtGen reads, in buckets of a day."""

    def __init__(
        self,
        *,
        access: EndpointAccess,
        queue: JobQueue,
        is_readable: bool,
    ) -> None:
        self._access, self._queue = access, queue
        self._is_readable = is_readable

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/v2/billing/serverless", self._own)
        app.router.add_get("/v2/billing/endpoints", self._public)

    async def _own(self, request: web.Request) -> web.Response:
        endpoint_id = request.query.get("serverlessId")
        return self._reply(
            request,
            lambda endpoint: (
                None
                if endpoint in RECORDED or endpoint_id not in (None, endpoint)
                else {"serverlessId": endpoint}
            ),
        )

    async def _public(self, request: web.Request) -> web.Response:
        return self._reply(request, lambda endpoint: {} if endpoint in PUBLIC_ENDPOINTS else None)

    def _reply(
        self, request: web.Request, group: Callable[[str], dict[str, str] | None]
    ) -> web.Response:
        if not self._access.accepts(request.headers.get("Authorization", "")):
            return web.json_response({"error": "unauthorized"}, status=401)
        if not self._is_readable:
            return web.json_response({"error": "forbidden"}, status=403)
        try:
            start = _time(request, "startTime", datetime.now(UTC) - DEFAULT_PERIOD)
            end = _time(request, "endTime", datetime.now(UTC))
        except ValueError:
            return web.json_response({"error": "invalid time"}, status=400)
        sums: dict[tuple[datetime, tuple[tuple[str, str], ...]], float] = defaultdict(float)
        for job in list(self._queue.accepted):
            named = group(job.endpoint)
            if named is None or not job.has_run or job.gone_at is None:
                continue
            at = datetime.fromtimestamp(job.gone_at, UTC)
            if start <= at < end:
                bucket = at.replace(hour=0, minute=0, second=0, microsecond=0)
                sums[bucket, tuple(named.items())] += job.usd
        records = [
            {
                "startTime": _text(bucket),
                "endTime": _text(bucket + DAY),
                "totalAmount": round(amount, 6),
                **dict(named),
            }
            for (bucket, named), amount in sorted(sums.items())
        ]
        metadata = {
            "startTime": _text(start),
            "endTime": _text(end),
            "bucketSize": request.query.get("bucketSize", "day"),
            "recordCount": len(records),
            "totalAmount": round(sum(sums.values()), 6),
        }
        return web.json_response({"records": records, "metadata": metadata})


def _time(request: web.Request, name: str, default: datetime) -> datetime:
    text = request.query.get(name)
    if not text:
        return default
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
