"""A language server on loopback that speaks Ollama's and OpenAI's protocols and says what a test says."""

import json
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
        return False

    def do_GET(self) -> None:
        if self.refused():
            return
        if self.path == "/api/tags":
            self.answer(200, {"models": [{"name": "tiny:latest", "model": "tiny:latest"}]})
        else:
            self.answer(200, {"object": "list", "data": [{"id": "tiny", "object": "model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.says.asked.append(body)
        if self.refused():
            return
        ollama = self.path == "/api/chat"
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson" if ollama else "text/event-stream")
        self.end_headers()
        try:
            self.stream(ollama)
        except (BrokenPipeError, ConnectionResetError):
            self.says.hung_up.set()

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
