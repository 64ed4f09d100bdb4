"""Traces to a collector of OpenTelemetry (OTLP over HTTP): requests, messages, SQL, calls.

A trace begins with a request or a message; a message continues the trace of its request. The
instrumentation of Celery is our own: that of OpenTelemetry leaves its span open in the thread of
the sender if the broker is down, or if the task is not loaded there.
"""

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from celery import signals
from django.conf import settings
from django.http import HttpRequest
from opentelemetry import context as otel_context
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import (
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import SpanKind, Status, StatusCode

from artgen.observability import log_context
from artgen.observability.redaction import redact

EXPORT_SECONDS = 5
DELAY_MILLISECONDS = 2000
NOT_TRACED = "/healthz$,/readyz,/metrics$,/static/"
MAX_LENGTH = 2000  # of an attribute: a statement of many rows
KEPT = frozenset(
    {
        *("artgen.request_id", "artgen.message_id", "celery.task_name"),
        *("http.method", "http.request.method", "http.route", "http.scheme", "url.scheme"),
        *("http.status_code", "http.response.status_code", "http.target", "url.path"),
        *("http.url", "url.full", "net.peer.name", "net.peer.port", "server.address"),
        *("server.port", "db.system", "db.system.name", "db.name", "db.namespace"),
        *("db.statement", "db.query.text", "error.type", "exception.type"),
    }
)
"""Attributes that are sent: no address or browser of a person, no message of an exception."""


def start() -> None:
    """Instrument this process. A fork does the same with a thread and a connection of its own."""
    provider = TracerProvider(
        resource=Resource.create(
            {"service.name": settings.OTEL_SERVICE_NAME, "service.version": settings.VERSION}
        ),
        sampler=ParentBased(root=_Roots(settings.OTEL_TRACES_SAMPLER_ARG)),
    )
    provider.add_span_processor(PROCESSOR)
    trace.set_tracer_provider(provider)
    # After the middleware that knows the request's id.
    DjangoInstrumentor().instrument(
        middleware_position=1, excluded_urls=NOT_TRACED, request_hook=_name_request
    )
    PsycopgInstrumentor().instrument()
    RequestsInstrumentor().instrument()
    signals.before_task_publish.connect(_send_trace, weak=False)
    signals.task_prerun.connect(_task_started, weak=False)
    signals.task_failure.connect(_task_failed, weak=False)
    signals.task_postrun.connect(_task_ended, weak=False)


def flush() -> None:
    """Send the spans that wait."""
    PROCESSOR.force_flush(EXPORT_SECONDS * 1000)


class _Roots(Sampler):  # type: ignore[misc]  # has no types here
    """Begins traces with requests and messages only, and with a share of them."""

    def __init__(self, share: float) -> None:
        self._share = TraceIdRatioBased(share)

    def should_sample(
        self,
        parent_context: Any,
        trace_id: int,
        name: str,
        kind: Any = None,
        attributes: Any = None,
        links: Any = None,
        trace_state: Any = None,
    ) -> Any:
        """Drop what has no parent, such as the SQL of a command."""
        if kind not in (SpanKind.SERVER, SpanKind.CONSUMER):
            return SamplingResult(Decision.DROP)
        return self._share.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )

    def get_description(self) -> str:
        """Return its name."""
        return "ArtGenRoots"


class _PerProcess(SpanProcessor):  # type: ignore[misc]
    """Exports with a thread of each process, which starts with its first span."""

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._batch: Any = None

    def on_end(self, span: Any) -> None:
        """Queue the span, without what must not be sent."""
        if not span.context.trace_flags.sampled:
            return
        with self._lock:
            if self._batch is None:
                self._batch = BatchSpanProcessor(
                    OTLPSpanExporter(
                        endpoint=f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip('/')}/v1/traces",
                        headers=_headers(),
                        timeout=EXPORT_SECONDS,
                    ),
                    schedule_delay_millis=DELAY_MILLISECONDS,
                )
        self._batch.on_end(cleaned(span))

    def shutdown(self) -> None:
        """Send the spans that wait, and end the thread."""
        if self._batch is not None:
            self._batch.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send the spans that wait."""
        return self._batch is None or bool(self._batch.force_flush(timeout_millis))


PROCESSOR = _PerProcess()


def _headers() -> dict[str, str]:
    """Return the headers of the setting, such as `api-key=secret,x=y`."""
    pairs = (pair.partition("=") for pair in settings.OTEL_EXPORTER_OTLP_HEADERS if pair)
    return {name.strip(): value.strip() for name, _, value in pairs}


def cleaned(span: Any) -> Any:
    """Return a copy of the span with the attributes that may be sent, redacted."""
    return ReadableSpan(
        name=redact(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_attributes(span.attributes),
        events=[_event(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),  # its description may quote what people wrote
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _event(event: Any) -> Any:
    attributes = _attributes(event.attributes)
    if stack := (event.attributes or {}).get("exception.stacktrace"):
        frames = [line for line in str(stack).splitlines() if line.startswith('  File "')]
        attributes["exception.stacktrace"] = "\n".join(frames)
    return Event(event.name, attributes, event.timestamp)


def _attributes(given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: _value(value) for name, value in (given or {}).items() if name in KEPT}


def _value(value: Any) -> Any:
    return redact(value[:MAX_LENGTH]) if isinstance(value, str) else value


def _name_request(span: Any, request: HttpRequest) -> None:
    span.set_attribute("artgen.request_id", log_context.fields().get("request_id", ""))


# --- Celery ---------------------------------------------------------------------------------------
_tracer = trace.get_tracer(__name__)
_open: dict[str, contextlib.ExitStack] = {}
"""By message id: what ends the span of a running task."""


class _Getter:
    """Reads the trace from a message's headers, which Celery makes attributes of the request."""

    def get(self, carrier: Any, key: str) -> Sequence[str] | None:
        value = getattr(carrier, key, None)
        return [value] if isinstance(value, str) else None

    def keys(self, carrier: Any) -> list[str]:
        return []


def _send_trace(headers: dict[str, Any], **_: Any) -> None:
    propagate.inject(headers)


@contextlib.contextmanager
def _attached(parent: Any) -> Iterator[None]:
    token = otel_context.attach(parent)
    try:
        yield
    finally:
        otel_context.detach(token)


def _task_started(task_id: str, task: Any, **_: Any) -> None:
    parent = propagate.extract(task.request, getter=_Getter())
    attributes = {"celery.task_name": task.name, "artgen.message_id": task_id}
    stack = contextlib.ExitStack()
    stack.enter_context(_attached(parent))
    stack.enter_context(
        _tracer.start_as_current_span(task.name, kind=SpanKind.CONSUMER, attributes=attributes)
    )
    _open[task_id] = stack


def _task_failed(exception: BaseException, **_: Any) -> None:
    span = trace.get_current_span()
    span.record_exception(exception)
    span.set_status(Status(StatusCode.ERROR))


def _task_ended(task_id: str, **_: Any) -> None:
    if stack := _open.pop(task_id, None):
        stack.close()
