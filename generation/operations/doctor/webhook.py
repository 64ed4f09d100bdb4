"""Check PUBLIC_URL, where RunPod sends its webhooks."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from django.conf import settings

from artgen.environment import installation
from generation.jobs.inputs import reachability
from generation.operations.doctor.check import Check

LOOPBACK = ("127.0.0.1", "::1", "localhost")
PROBE_SECONDS = 5


def webhook() -> Check:
    name, url = "webhook", settings.PUBLIC_URL
    parts = urlsplit(url)
    trouble = problem()
    if not reachability.from_outside(url):
        hint = (
            "RunPod cannot reach this URL, so ArtGen polls the state of jobs every few seconds. "
            "Acceptable for evaluation; in production set PUBLIC_URL to a public URL."
        )
        return Check(name, True, f"{url}: {trouble or 'responds'}", hint)
    if trouble:
        hint = (
            "ArtGen does not respond there from this machine. If it does from outside, ignore "
            "this; otherwise correct PUBLIC_URL, or start nginx and web."
        )
        return Check(name, True, f"{url}: {trouble}", hint)
    detail = f"{url}: responds from this machine; not checked from outside"
    if parts.scheme == "http":
        return Check(
            name, True, detail, "Use https: sessions and tokens are sent unencrypted otherwise."
        )
    return Check(name, True, detail)


def problem() -> str:
    """Return "" when ArtGen responds at PUBLIC_URL, else what happened."""
    try:
        reply = request("/healthz")
    except (requests.RequestException, ValueError) as error:
        return f"does not respond ({type(error).__name__})"
    try:
        responds = reply.status_code == 200 and reply.json()["ok"] is True
    except (ValueError, TypeError, KeyError):
        responds = False
    return "" if responds else f"another server responds ({reply.status_code})"


def request(
    path: str, *, headers: Mapping[str, str] | None = None, stream: bool = False
) -> requests.Response:
    """Request a path of PUBLIC_URL from this process; raise RequestException or ValueError."""
    site = urlsplit(settings.PUBLIC_URL)
    server = installation.current().http_server
    is_inside = bool(server) and site.scheme == "http" and site.hostname in LOOPBACK
    return requests.get(
        f"http://{server}{path}" if is_inside else f"{settings.PUBLIC_URL}{path}",
        headers={"Host": site.netloc, **(headers or {})},
        timeout=PROBE_SECONDS,
        allow_redirects=False,
        stream=stream,
    )
