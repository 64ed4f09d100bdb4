"""How many requests fail, and how long calls of the API take."""

from artgen.observability import request_stats

MINUTES = 5
"""Period over which requests are measured."""


def api_p95() -> tuple[float | None, str]:
    """Return the p95 of API calls in milliseconds, None without calls, and of how many it is."""
    api = sum(
        (times for (kind, _), times in request_stats.recent(MINUTES).items() if kind == "api"),
        request_stats.Times(),
    )
    p95 = api.quantile(0.95)
    if p95 is None:
        return None, _nothing("API call")
    return p95 * 1000, f"of {api.count} API calls in {MINUTES} minutes"


def error_rate() -> tuple[float | None, str]:
    """Return the percentage of failed requests, None without any, and of how many it is."""
    counts = request_stats.recent(MINUTES)
    count = sum(times.count for times in counts.values())
    errors = sum(times.count for (_, status), times in counts.items() if status == "5xx")
    if not count:
        return None, _nothing("request")
    return errors / count * 100, f"{errors} of {count} requests in {MINUTES} minutes"


def _nothing(what: str) -> str:
    return f"nothing measured yet: no {what} in {MINUTES} minutes"
