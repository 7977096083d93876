"""A small hub on this machine that speaks the file protocol of Hugging Face's: HEAD, GET, ranges."""

import hashlib
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """Files by repository and path.

    Attributes:
        files: (repo, path) -> bytes.
        break_after: Bytes after which the next download breaks off; None = never.
        lie: Serve other bytes than the etag says.
        refuse: Status to answer everything with; None = answer.
        ranges: The Range headers seen.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.ranges = {}, []
        self.break_after = self.refuse = None
        self.lie = False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_):
        """Broken pipes are ours."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, body):
        hub = self.server
        found = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path)
        data = hub.files.get((found[1], found[3])) if found else None
        if hub.refuse or data is None or found[2] != COMMIT:
            code = hub.refuse or 404
            self.send_response(code)
            if code == 404:
                missing = "EntryNotFound" if data is None else "RevisionNotFound"
                self.send_header("X-Error-Code", missing)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = 0
        if asked := self.headers.get("Range"):
            hub.ranges.append(asked)
            start = int(re.match(r"bytes=(\d+)-", asked)[1])
        self.send_response(206 if start else 200)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Accept-Ranges", "bytes")
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if body:
            sent = bytes(len(data)) if hub.lie else data
            if hub.break_after is not None:
                end, hub.break_after = start + hub.break_after, None
                self.wfile.write(sent[start:end])
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(2)
            else:
                self.wfile.write(sent[start:])

    def log_message(self, *_):
        pass


@contextmanager
def running():
    """A hub that answers while the block lasts."""
    hub = Hub()
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
