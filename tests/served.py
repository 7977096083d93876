"""The server on a free port of loopback, in a thread, and peers that speak its sockets."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from websockets.sync.client import ClientConnection, connect

from voxhumana.server.app import create
from voxhumana.server.run import listen, server


class Served:
    """Where it answers."""

    def __init__(self, app, running, port: int) -> None:
        self.app, self.running, self.port = app, running, port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def socket(self, path: str, **more) -> ClientConnection:
        return connect(f"ws://127.0.0.1:{self.port}{path}", open_timeout=60, close_timeout=2, **more)


@contextmanager
def serving(settings, arrange=lambda app: None) -> Iterator[Served]:
    """Serve `settings`, once `arrange` has put fakes into the app."""
    app = create(settings)
    arrange(app)
    door = listen("127.0.0.1", 0)
    running = server(app, settings)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [door]})
    thread.start()
    try:
        while not running.started:
            time.sleep(0.005)
        yield Served(app, running, door.getsockname()[1])
    finally:
        running.should_exit = True
        thread.join(20)
        door.close()
        assert not thread.is_alive()


def event(peer: ClientConnection, kind: str, timeout: float = 60) -> dict:
    """The next event of this kind; whatever comes before it is skipped."""
    while True:
        message = peer.recv(timeout)
        if isinstance(message, str) and (read := json.loads(message))["type"] == kind:
            return read


def pcm16(sound) -> bytes:
    return np.clip(np.rint(np.asarray(sound) * 32768), -32768, 32767).astype("<i2").tobytes()


def from_pcm16(data: bytes):
    return np.frombuffer(data, "<i2").astype(np.float32) / 32768
