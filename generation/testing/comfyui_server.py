"""A ComfyUI for tests: its routes, replies and socket, with runs that the test ends.

Shaped by what 0.3.64 was seen to send: queue and history are in memory, ids are not
deduplicated, a POST to /interrupt without an id stops whatever runs.
"""

import base64
import contextlib
import hashlib
import json
import queue
import struct
import threading
import urllib.parse
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from typing import Any, Self

from websockets.frames import Frame, Opcode

from generation.testing.rows.image_files import noise

Item = tuple[int, str, dict[str, Any]]
STATS = {
    "system": {"comfyui_version": "0.3.64"},
    "devices": [{"name": "cuda:0 RTX", "vram_total": 24 * 1024**3, "vram_free": 6 * 1024**3}],
}


class ComfyUIServer:
    """`calls` are the requests, `uploads` the files by name; `fault` is that of the next POST."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.graphs: list[dict[str, Any]] = []
        self.uploads: dict[str, bytes] = {}
        self.pending: list[Item] = []
        self.running: list[Item] = []
        self.history: dict[str, dict[str, Any]] = {}
        self.nodes: dict[str, Any] = {}
        self.fault = ""
        self.headers: dict[str, str] = {}
        self.sockets: queue.Queue[Socket] = queue.Queue()
        self.redirects_to = ""
        self.stops_at_once = True  # not at the end of a long step

    def __enter__(self) -> Self:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.get(self)

            def do_POST(self) -> None:
                server.post(self)

            def log_message(self, format: str, *values: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def start(self) -> None:
        """Run the next job that waits."""
        self.running.append(self.pending.pop(0))

    def finish(self) -> None:
        """End the job that runs, with an image."""
        ident = self.running[0][1]
        files = [
            {"filename": "preview.png", "subfolder": "", "type": "temp"},
            {"filename": f"{ident} 1.png", "subfolder": "a b", "type": "output"},
        ]
        self._end("success", "execution_success", {"timestamp": 3500}, {"9": {"images": files}})

    def fail(self, message: str) -> None:
        """End the job that runs, with an exception in a node."""
        error = {"exception_type": "RuntimeError", "exception_message": message}
        self._end("error", "execution_error", {**error, "node_type": "KSampler"}, {})

    def restart(self) -> None:
        """Lose queue and history."""
        self.pending, self.running, self.history = [], [], {}

    def _end(self, status: str, event: str, data: dict[str, Any], outputs: object) -> None:
        _number, ident, _graph = self.running.pop(0)
        messages = [["execution_start", {"timestamp": 1000}], [event, data]]
        self.history[ident] = {
            "outputs": outputs,
            "status": {"status_str": status, "messages": messages},
        }

    def get(self, request: BaseHTTPRequestHandler) -> None:
        url = urllib.parse.urlsplit(request.path)
        self.calls.append(f"GET {url.path}")
        self.headers = dict(request.headers)
        name = url.path.rpartition("/")[2]
        if url.path == "/ws":
            client_id = urllib.parse.parse_qs(url.query)["clientId"][0]
            socket = Socket(request, client_id, redirects_to=self.redirects_to)
            self.sockets.put(socket)
            socket.serve()
        elif url.path == "/queue":
            queues = {"queue_running": self.running, "queue_pending": self.pending}
            _reply(request, 200, queues)
        elif url.path.startswith("/history/"):
            entry = self.history.get(name)
            _reply(request, 200, {} if entry is None else {name: entry})
        elif url.path.startswith("/object_info/"):
            _reply(request, 200, {name: self.nodes[name]} if name in self.nodes else {})
        elif url.path == "/system_stats":
            _reply(request, 200, STATS)
        elif url.path == "/view":
            file = dict(urllib.parse.parse_qsl(url.query))
            is_there = file["filename"].partition(" ")[0] in self.history
            if is_there and (file["subfolder"], file["type"]) == ("a b", "output"):
                _reply(request, 200, noise(64, 64))
            else:
                _reply(request, 404, b"")
        else:
            _reply(request, 404, b"404: Not Found")

    def post(self, request: BaseHTTPRequestHandler) -> None:
        self.calls.append(f"POST {request.path}")
        data = request.rfile.read(int(request.headers["Content-Length"]))
        if request.path == "/upload/image":
            _reply(request, 200, self._upload(request.headers["Content-Type"], data))
            return
        body = json.loads(data)
        if request.path == "/prompt":
            self._prompt(request, body)
        elif request.path == "/queue":
            self.pending = [item for item in self.pending if item[1] not in body["delete"]]
            _reply(request, 200, b"")
        elif request.path == "/interrupt":
            if (
                self.stops_at_once
                and self.running
                and body.get("prompt_id") in (None, self.running[0][1])
            ):
                self._end("error", "execution_interrupted", {"timestamp": 2000}, {})
            _reply(request, 200, b"")

    def _prompt(self, request: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        fault, self.fault = self.fault, ""
        if fault == "key":  # of a proxy
            _reply(request, 401, b"")
            return
        if fault == "refuse":
            error = {"type": "prompt_outputs_failed_validation", "message": "failed validation"}
            wrong = {"errors": [{"type": "value_not_in_list"}], "class_type": "UNETLoader"}
            _reply(request, 400, {"error": error, "node_errors": {"5": wrong}})
            return
        if fault != "lose":
            self.graphs.append(body["prompt"])
            self.pending.append((len(self.graphs), body["prompt_id"], body["prompt"]))
        if fault == "begun_with_errors":  # within milliseconds, when nothing else runs
            self.start()
        if fault in ("lose", "break"):
            request.close_connection = True
            return
        errors = {"7": {"class_type": "SaveImage"}} if fault.endswith("errors") else {}
        _reply(request, 200, {"prompt_id": body["prompt_id"], "number": 1, "node_errors": errors})

    def _upload(self, kind: str, data: bytes) -> dict[str, str]:
        """Keep a file; its name is changed as ComfyUI does if another has it."""
        form = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + data)
        file = next(part for part in form.iter_parts() if part.get_filename())
        name = f"{file.get_filename()} (1).png"
        self.uploads[name] = file.get_payload(decode=True)  # type: ignore[assignment]
        return {"name": name, "subfolder": "artgen", "type": "input"}


class Socket:
    """A connection to /ws, whose client has this id. It is `closed` when the client has left."""

    def __init__(
        self, request: BaseHTTPRequestHandler, client_id: str, *, redirects_to: str
    ) -> None:
        self._request, self.client_id = request, client_id
        self.closed = threading.Event()
        if redirects_to:
            request.send_response(302)
            request.send_header("Location", f"{redirects_to}/ws")
            request.end_headers()
            return
        key = request.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        head += [f"Sec-WebSocket-Accept: {accept}", "", ""]
        request.wfile.write("\r\n".join(head).encode())
        state = {"exec_info": {"queue_remaining": 0}}
        self.say("status", {"status": state, "sid": client_id})

    def serve(self) -> None:
        """Read until the client closes the connection, or says that it will: it says no more."""
        with contextlib.suppress(OSError):
            while self._request.rfile.read(1) not in (b"", bytes([0x80 | Opcode.CLOSE])):
                pass
        self.closed.set()
        self._request.close_connection = True

    def lose(self) -> None:
        self._request.connection.shutdown(SHUT_RDWR)

    def say(self, kind: str, data: dict[str, Any]) -> None:
        self._send(Opcode.TEXT, json.dumps({"type": kind, "data": data}).encode())

    def step(self, value: int, maximum: int) -> None:
        """Say that the second node has made a step, as each sampler does."""
        state = {"value": value, "max": maximum, "state": "running", "node_id": "2"}
        self.say("progress_state", {"prompt_id": self.client_id, "nodes": {"2": state}})
        step = {"value": value, "max": maximum, "prompt_id": self.client_id, "node": "2"}
        self.say("progress", step)

    def preview(self, jpeg: bytes) -> None:
        self._send(Opcode.BINARY, struct.pack(">II", 1, 1) + jpeg)

    def succeed(self) -> None:
        self.say("execution_success", {"prompt_id": self.client_id, "timestamp": 3500})
        self.say("executing", {"node": None, "prompt_id": self.client_id})

    def _send(self, opcode: Opcode, data: bytes) -> None:
        self._request.wfile.write(Frame(opcode, data).serialize(mask=False))


def _reply(request: BaseHTTPRequestHandler, status: int, body: object) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request.send_response(status)
    request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    request.wfile.write(data)
