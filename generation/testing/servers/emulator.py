"""What the tests of the emulator share: a webhook receiver, jobs of every dialect."""

import http.server
import json
import threading

from artgen.http.download import fetch_image
from generation.demo.emulator.painters import tiny_png
from generation.demo.emulator.worker_rules import PUBLIC_ENDPOINTS
from generation.testing.rows.payloads import WORKFLOW, build, parameters

ENDPOINT = "qwen-image-t2i"
INPUT = {"prompt": "a quiet sea", "size": "1024*768", "seed": 7}


class WebhookReceiver:
    """A real HTTP server that keeps the deliveries.

    Each is answered with the next of `answers`, else 200.
    """

    def __init__(self):
        self.deliveries, self.answers, self.on_delivery = [], [], None
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.deliveries.append((self.path, body))
                if receiver.on_delivery:
                    receiver.on_delivery(body)
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                data = tiny_png(320, 200, 5)
                self.send_response(200 if self.path.partition("?")[0].endswith(".png") else 404)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def states(self):
        return [body["status"] for _, body in self.deliveries]


def run(client, *, endpoint=ENDPOINT, body=INPUT, **options):
    return client.run(endpoint, input=body, **options).remote_id


def state(client, runpod_id, endpoint=ENDPOINT):
    return client.status(endpoint, runpod_id).state


def endpoint_of(dialect):
    """Return a public endpoint that speaks it, or the name of one of one's own."""
    return next(
        (name for name, kind in PUBLIC_ENDPOINTS.items() if kind == dialect), f"own-{dialect}"
    )


def place(dialect):
    """Return endpoint and input for one picture of 1024×1024, or the size nearest to it."""
    width, height = (512, 512) if dialect == "sdxl_turbo" else (1024, 1024)
    asked = parameters(width=width, height=height)
    workflow = WORKFLOW if dialect == "comfyui" else None
    return endpoint_of(dialect), build(dialect, asked, workflow=workflow)


def fetched(emulator, picture, *, seconds=60):
    if picture.data is not None:
        return picture.data
    return fetch_image(picture.url, allowed_hosts=[emulator.image_host], total_seconds=seconds)
