"""An application behind nginx that answers with the headers it got."""

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the headers of the request, as JSON."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps(dict(self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def echo() -> Iterator[str]:
    """Run an application that echoes headers; yield its host and port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
