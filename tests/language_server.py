"""A language server on loopback that speaks Ollama's and OpenAI's protocols and says what a test says."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class LanguageServer:
    """What it says, and what it was asked."""

    words: list[str] = field(default_factory=lambda: ["Good ", "morning."])
    key: str = ""
    breaks_off_after: int | None = None
    """Hang up after so many words."""
    garbage: bool = False
    asked: list[dict] = field(default_factory=list)
    url: str = ""
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set when the client left before the end."""
    endless: bool = False
    busy: int = 0
    """How often to answer that the model is still loading."""
    fetched: list[str] = field(default_factory=list)
    """Models that Ollama was asked to fetch; one called `nothing` it cannot find."""
    aborts_after: int | None = None
    """Die, as if killed, after so many words: the connection is reset in the middle of a chunk."""

    def said(self) -> Iterator[str]:
        yield from self.words[: self.breaks_off_after]
        while self.endless:
            yield "and "


class Handler(BaseHTTPRequestHandler):
    """Answers as `says` says."""

    says: LanguageServer
    protocol_version = "HTTP/1.0"

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, body: object) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def refused(self) -> bool:
        if self.says.key and self.headers.get("Authorization") != f"Bearer {self.says.key}":
            self.answer(401, {"error": "wrong key"})
            return True
        if self.says.busy:
            self.says.busy -= 1
            self.answer(503, {"error": {"message": "Loading model", "code": 503}})
            return True
        return False

    def do_GET(self) -> None:
        if self.refused():
            return
        if self.path == "/api/tags":
            names = ["tiny:latest", *self.says.fetched]
            self.answer(200, {"models": [{"name": name, "model": name} for name in names]})
        else:
            self.answer(200, {"object": "list", "data": [{"id": "tiny", "object": "model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.says.asked.append(body)
        if self.refused():
            return
        if self.path == "/api/pull":
            self.pull(body["model"])
            return
        if self.says.aborts_after is not None:
            self.abort()
            return
        ollama = self.path == "/api/chat"
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson" if ollama else "text/event-stream")
        self.end_headers()
        try:
            self.stream(ollama)
        except (BrokenPipeError, ConnectionResetError):
            self.says.hung_up.set()

    def pull(self, model: str) -> None:
        """Ollama's way of fetching a model."""
        parts = [{"status": "pulling manifest"}]
        if model == "nothing":
            parts.append({"error": "pull model manifest: file does not exist"})
        else:
            parts += [
                {"status": "pulling a1b2", "digest": "a1b2", "total": 9, "completed": n} for n in (3, 9)
            ]
            parts.append({"status": "success"})
            self.says.fetched.append(model)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.end_headers()
        for part in parts:
            self.wfile.write(json.dumps(part).encode() + b"\n")

    def abort(self) -> None:
        """Begin a chunked answer and reset the connection in the middle of a chunk."""
        ollama = self.path == "/api/chat"
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for word in self.says.words[: self.says.aborts_after]:
            part = {"message": {"content": word}} if ollama else {"choices": [{"delta": {"content": word}}]}
            line = (b"" if ollama else b"data: ") + json.dumps(part).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.write(b"ff\r\n{")
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def stream(self, ollama: bool) -> None:
        if self.says.garbage:
            self.wfile.write(b"<html>\n")
        for word in self.says.said():
            if ollama:
                line = {"model": "tiny", "message": {"role": "assistant", "content": word}, "done": False}
                self.wfile.write(json.dumps(line).encode() + b"\n")
            else:
                line = {"id": "1", "choices": [{"index": 0, "delta": {"content": word}}]}
                self.wfile.write(b"data: " + json.dumps(line).encode() + b"\n\n")
        if self.says.breaks_off_after is not None:
            return
        if ollama:
            end = {"model": "tiny", "message": {"role": "assistant", "content": ""}, "done": True}
            self.wfile.write(json.dumps(end).encode() + b"\n")
        else:
            self.wfile.write(b"data: [DONE]\n\n")


@contextmanager
def serving(server: LanguageServer) -> Iterator[LanguageServer]:
    """Answer on a free port of loopback, until the end of the context."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"says": server}))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
