"""Read the status of hundreds of jobs at once.

Over HTTP/2 a few connections carry about a hundred requests each at the same time, so a sweep takes
about as long as one call. A server with HTTP/1.1 only gets one request at a time on each. Measured
for 400 jobs over TLS at 150 ms round trip: 0.45 s over HTTP/2; 0.7 s with 100 threads and 100
connections.
"""

import threading
import time
from collections.abc import Iterator, Sequence

import niquests
from niquests.exceptions import ConnectTimeout, ReadTimeout

from .access import Access, Limits, reset_after_fork
from .network_errors import reason_of
from .replies import MAX_REPLY_BYTES, Reply, report_of
from .report import JobReport
from .verdicts import RunPodError, Unavailable

Ref = tuple[str, str]
"""Endpoint id and RunPod's job id."""

BATCH = 96  # requests sent before reading replies; servers allow about 100 streams a connection
MAX_FOR_ONE_CONNECTION = 8  # jobs
SWEEP_SECONDS = 25.0  # the longest that a sweep may take
MAX_FAILURES = 3  # in a row, before a connection is abandoned


class Sweep:
    """Reads many statuses at once. Safe between threads and after a fork."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        limits: Limits = Limits(),  # noqa: B008 it is frozen
        total_seconds: float = SWEEP_SECONDS,
        verify: bool | str = True,
    ) -> None:
        """Prepare a sweep without connecting. Raises ValueError for a bad key.

        `total_seconds` limits the duration of `read`; `verify` is the file of another certificate
        authority, for tests.
        """
        self._access = Access(base_url, api_key)
        self._connections = limits.sweep_connections
        self._read_seconds = limits.sweep_seconds
        self._timeouts = (limits.connect_seconds, limits.sweep_seconds)
        self._total_seconds = total_seconds
        # Passed with every request: REQUESTS_CA_BUNDLE of the environment overrides the session's.
        self._verify = verify
        self.reset()
        reset_after_fork(self)

    def __repr__(self) -> str:
        return f"Sweep(base_url={self._access.base_url!r})"

    def reset(self) -> None:
        """Drop all connections, as a forked child must."""
        self.lock = threading.Lock()
        self.idle: list[niquests.Session] = []

    # https://docs.runpod.io/serverless/endpoints/send-requests#status
    def read(self, refs: Sequence[Ref]) -> dict[Ref, JobReport | RunPodError]:
        """Return each job's report, or the error of reading it, within `total_seconds`."""
        wanted = list(dict.fromkeys(refs))
        lanes = 1
        if len(wanted) > MAX_FOR_ONE_CONNECTION:
            lanes = min(self._connections, len(wanted))
        found: dict[Ref, JobReport | RunPodError] = {}
        deadline = time.monotonic() + self._total_seconds
        threads = [
            threading.Thread(
                target=self._lane,
                args=(wanted[lane::lanes], found, deadline),
                name=f"runpod-sweep-{lane}",
                daemon=True,
            )
            for lane in range(lanes)
            if wanted
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0.0))
        late = Unavailable("the sweep took too long")
        known = found.copy()  # a lane that is late may still write
        return {ref: known.get(ref, late) for ref in wanted}

    def close(self) -> None:
        """Close idle connections. The sweep can still be used."""
        with self.lock:
            idle, self.idle = self.idle, []
        for session in idle:
            session.close()

    def _lane(
        self, refs: Sequence[Ref], found: dict[Ref, JobReport | RunPodError], deadline: float
    ) -> None:
        """Read some of the jobs over one connection; keep it for reuse unless it failed."""
        lock, idle = self.lock, self.idle
        with lock:
            session = idle.pop() if idle else self._session()
        for start in range(0, len(refs), BATCH):
            outcomes = dict(self._batch(session, refs[start : start + BATCH], deadline))
            found.update(outcomes)
            broken = [
                isinstance(outcome, Unavailable) and outcome.status is None
                for outcome in outcomes.values()
            ]
            if any(broken):
                # Otherwise the next batch would wait again for the pending replies.
                session.close()
                session = self._session()
            if all(broken) or time.monotonic() > deadline:
                found.update(
                    {
                        ref: Unavailable("RunPod could not be reached")
                        for ref in refs[start + BATCH :]
                    }
                )
                break
        with lock:
            keep = len(idle) < self._connections
            if keep:
                idle.append(session)
        if not keep:
            session.close()

    def _batch(
        self, session: niquests.Session, refs: Sequence[Ref], deadline: float
    ) -> Iterator[tuple[Ref, JobReport | RunPodError]]:
        sent: list[tuple[Ref, niquests.Response]] = []
        failures = 0
        # The first request needs both timeouts. Once an HTTP/2 connection is open, only the read
        # timeout may be given: urllib3-future would apply the connect timeout of the last request
        # to all replies.
        timeout: float | tuple[float, float] = self._timeouts
        for ref in refs:
            if failures >= MAX_FAILURES or time.monotonic() > deadline:
                yield ref, Unavailable("RunPod could not be reached")
                continue
            try:
                response = session.get(
                    self._access.address(ref[0], "status", ref[1]),
                    timeout=timeout,
                    verify=self._verify,
                    allow_redirects=False,
                )
            except Exception as error:  # noqa: BLE001 must not affect the other jobs
                failures += MAX_FAILURES if isinstance(error, ConnectTimeout) else 1
                yield ref, self._unavailable(error)
            else:
                failures = 0
                sent.append((ref, response))
                if response.lazy:
                    timeout = self._read_seconds
        failure: Exception | None = None
        before = len(sent) + 1
        while 0 < len(lazy := [response for _, response in sent if response.lazy]) < before:
            before = len(lazy)
            try:
                # A single response is passed, so that its own timeout applies; without arguments,
                # `gather` takes whichever comes first.
                session.gather(*(lazy if len(lazy) == 1 else ()))
            except ReadTimeout as error:  # no reply on any stream
                failure = error
                break
            except Exception as error:  # noqa: BLE001 go on while replies arrive
                failure = error
            if time.monotonic() > deadline:
                break
        for ref, response in sent:
            if response.lazy:
                yield ref, self._unavailable(failure or TimeoutError("no reply"))
            else:
                yield ref, self._outcome(ref, response)

    def _outcome(self, ref: Ref, response: niquests.Response) -> JobReport | RunPodError:
        try:
            body = response.content or b""
            if len(body) > MAX_REPLY_BYTES:
                return Unavailable(f"the reply has more than {MAX_REPLY_BYTES} bytes")
            headers = {name.title(): value for name, value in response.headers.items()}
            return report_of(
                Reply(response.status_code or 0, headers, self._access.scrub_bytes(body)), ref[1]
            )
        except RunPodError as error:
            return error
        except Exception as error:  # noqa: BLE001 for example a body that cannot be decoded
            return self._unavailable(error)

    def _unavailable(self, error: Exception) -> Unavailable:
        unavailable = Unavailable(
            "RunPod could not be reached", detail=self._access.scrub(reason_of(error))
        )
        unavailable.__cause__ = error
        return unavailable

    def _session(self) -> niquests.Session:
        return niquests.Session(
            multiplexed=True,
            pool_connections=1,
            pool_maxsize=1,
            disable_http3=True,
            revocation_configuration=None,  # would query third parties
            allow_incoming_cookies=False,
            auth=self._access,
            headers=self._access.headers,
        )
