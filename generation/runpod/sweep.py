"""Read the status of hundreds of jobs at once.

Over HTTP/2 a few connections carry some hundred requests each at the same time, so a sweep takes about as
long as one call; a server that speaks only HTTP/1.1 gets one request at a time on each of them. Measured for
400 jobs over TLS at 150 ms round trip: 0.45 s over HTTP/2, 0.7 s with 100 threads and 100 connections.
"""

import threading
import time
from collections.abc import Iterator, Sequence

import niquests
from niquests.exceptions import ConnectTimeout, ReadTimeout

from .access import Access, Limits, renew_after_fork
from .replies import REPLY_MOST, Reply, report_in
from .report import Report
from .verdicts import RunPodError, Unavailable

Ref = tuple[str, str]
"""Endpoint id and RunPod's id of one job."""

BATCH = (
    96  # requests sent before any reply is awaited: servers allow about 100 streams on a connection
)
FEW = 8  # so few are read over one connection
FAILURES_MOST = 3  # in a row, after which a connection is given up


class Sweep:
    """Reads many statuses at once; share it between threads, it survives a fork."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        limits: Limits = Limits(),  # noqa: B008 it is frozen
        total_seconds: float = 25,
        verify: bool | str = True,
    ) -> None:
        """Prepare a sweep; nothing is connected yet. Raises ValueError for a key that cannot be in a header.

        `total_seconds` is after what time `read` returns whatever is there, and `verify` the file of another
        certificate authority, for tests.
        """
        self._access = Access(base_url, api_key)
        self._connections = limits.sweep_connections
        self._read_seconds = limits.sweep_seconds
        self._timeouts = (limits.connect_seconds, limits.sweep_seconds)
        self._total_seconds = total_seconds
        # Said for every request, for the environment's REQUESTS_CA_BUNDLE wins over what the session says.
        self._verify = verify
        self.fresh()
        renew_after_fork(self)

    def __repr__(self) -> str:
        return f"Sweep(base_url={self._access.base_url!r})"

    def fresh(self) -> None:
        """Begin anew, without connections, as a forked child must."""
        self._lock = threading.Lock()
        self._idle: list[niquests.Session] = []

    # https://docs.runpod.io/serverless/endpoints/send-requests#status
    def read(self, refs: Sequence[Ref]) -> dict[Ref, Report | RunPodError]:
        """Return for each job its report, or the Gone or Unavailable that reading it brought.

        It never raises for one of them, and every job asked for is in the answer, within `total_seconds`.
        """
        wanted = list(dict.fromkeys(refs))
        lanes = 1 if len(wanted) <= FEW else min(self._connections, len(wanted))
        found: dict[Ref, Report | RunPodError] = {}
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
        """Close the kept connections; the sweep can be used again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def _lane(
        self, refs: Sequence[Ref], found: dict[Ref, Report | RunPodError], deadline: float
    ) -> None:
        """Read some of the jobs over one connection, and keep that unless it gave trouble."""
        lock, idle = self._lock, self._idle
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
                # What is still under way on it would be waited for again.
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
    ) -> Iterator[tuple[Ref, Report | RunPodError]]:
        sent: list[tuple[Ref, niquests.Response]] = []
        failures = 0
        # What opens the connection names both limits. Once it is open over HTTP/2, the one for connecting would hold
        # for all replies on it, too (urllib3-future takes it from the request sent last): then only the other is named.
        timeout: float | tuple[float, float] = self._timeouts
        for ref in refs:
            if failures >= FAILURES_MOST or time.monotonic() > deadline:
                yield ref, Unavailable("RunPod could not be reached")
                continue
            try:
                response = session.get(
                    self._access.address(ref[0], "status", ref[1]),
                    timeout=timeout,
                    verify=self._verify,
                    allow_redirects=False,
                )
            except Exception as error:  # noqa: BLE001  (whatever it is, it must not lose the others)
                failures += FAILURES_MOST if isinstance(error, ConnectTimeout) else 1
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
                # A single one is named, for then its own limit holds; of several it takes whichever comes first.
                session.gather(*(lazy if len(lazy) == 1 else ()))
            except ReadTimeout as error:  # nothing came on any of them for so long
                failure = error
                break
            except Exception as error:  # noqa: BLE001  (of one reply or all: go on while it brings more)
                failure = error
            if time.monotonic() > deadline:
                break
        for ref, response in sent:
            if response.lazy:
                yield ref, self._unavailable(failure or TimeoutError("no reply"))
            else:
                yield ref, self._outcome(ref, response)

    def _outcome(self, ref: Ref, response: niquests.Response) -> Report | RunPodError:
        try:
            body = response.content or b""
            if len(body) > REPLY_MOST:
                return Unavailable(f"the reply has more than {REPLY_MOST} bytes")
            headers = {name.title(): value for name, value in response.headers.items()}
            return report_in(
                Reply(response.status_code or 0, headers, self._access.scrub_bytes(body)), ref[1]
            )
        except RunPodError as error:
            return error
        except Exception as error:  # noqa: BLE001  (a body that cannot be decoded, for one)
            return self._unavailable(error)

    def _unavailable(self, error: Exception) -> Unavailable:
        unavailable = Unavailable(
            "RunPod could not be reached", detail=self._access.scrub(repr(error))
        )
        unavailable.__cause__ = error
        return unavailable

    def _session(self) -> niquests.Session:
        return niquests.Session(
            multiplexed=True,
            pool_connections=1,
            pool_maxsize=1,
            disable_http3=True,
            revocation_configuration=None,  # would ask third parties about every certificate
            allow_incoming_cookies=False,
            auth=self._access,
            headers=self._access.headers,
        )
