"""A server of Sentry and OpenTelemetry on this machine that remembers what it is sent."""

import contextlib
import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import brotli
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """What has arrived: `events` of Sentry, `spans` of OpenTelemetry."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.spans: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.raw = b""
        self.arrived = threading.Condition()
        self.status = 200

    def start(self) -> None:
        """Listen on a free port."""
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.take(self.path, dict(self.headers), body)
                self.send_response(collector.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings that name it."""
        return {
            "SENTRY_DSN": self.url.replace("://", "://key@") + "/1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=secret",
            "OTEL_TRACES_SAMPLER_ARG": "1",
        }

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        encoding = headers.get("Content-Encoding", "")
        if encoding == "gzip":
            body = gzip.decompress(body)
        elif encoding == "br":
            body = brotli.decompress(body)
        with self.arrived:
            self.raw += body
            self.headers.append(headers)
            if path == "/v1/traces":
                self.spans += spans_in(body)
            elif path == "/api/1/envelope/":
                lines = body.splitlines()
                for header, item in zip(lines[1::2], lines[2::2], strict=False):
                    if json.loads(header)["type"] == "event":
                        self.events.append(json.loads(item))
            self.arrived.notify_all()

    def wait_for(self, done: Any) -> None:
        """Wait until `done()`; it is asked whenever something arrives."""
        with self.arrived:
            assert self.arrived.wait_for(done, 120), (self.events, self.spans)


def spans_in(body: bytes) -> Iterator[dict[str, Any]]:
    """Yield the spans of an export: name, ids, kind, attributes, events."""
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        shared = _values(resource.resource.attributes)
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield {
                    "name": span.name,
                    "trace": span.trace_id.hex(),
                    "id": span.span_id.hex(),
                    "parent": span.parent_span_id.hex(),
                    "attributes": _values(span.attributes),
                    "events": [_values(event.attributes) for event in span.events],
                    "message": span.status.message,
                    "resource": shared,
                }


def _values(attributes: Any) -> dict[str, Any]:
    return {
        one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value")
        for one in attributes
    }


@contextlib.contextmanager
def collector() -> Iterator[Collector]:
    """Run one until the block ends."""
    found = Collector()
    found.start()
    try:
        yield found
    finally:
        found.server.shutdown()
        found.server.server_close()
