"""The app on a socket: uvicorn, with a farewell to the sessions before it ends."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from voxhumana.config import Settings
from voxhumana.errors import UsageError, VoxError
from voxhumana.leave import aside, at_once
from voxhumana.server import journal
from voxhumana.server.seats import Seats

FAREWELL_S = 0.8
"""Sessions have so long to say goodbye, and their peers to answer it."""
LOOK_S = 0.005
"""Between two looks whether they have."""
GRACE_S = 1
"""Requests that are under way at Ctrl-C or SIGTERM have so long to end, after that."""
LAST_S = 1.2
"""After so long the program ends, whatever an engine is busy with: what is on disk is whole at any moment, as
tests by `kill -9` prove."""
BACKLOG = 128
"""Connections that wait to be taken."""
PING_S = 20.0
"""Between two pings of a socket, and until the answer: a peer that vanished is noticed within 40 s."""
LARGEST_MESSAGE = 1 << 20
"""Bytes of a WebSocket message: five seconds of PCM16 at 48 kHz in base64 are 640 kB."""


def run(app: ASGIApp, settings: Settings, warm: Callable[[], None] | None = None) -> None:
    """Serve until somebody says stop.

    Args:
        app: What is served.
        settings: Where.
        warm: Loads what the first conversation needs, before anybody is served; None = nothing.

    Raises:
        UsageError: The certificate and its key are not both there.
        VoxError: The address cannot be had.
    """
    journal.begin()
    ready = server(app, settings)
    with at_once(), listen(settings.serve_host, settings.serve_port) as door:
        if warm:
            _load(settings, warm)
        scheme = "https" if settings.serve_cert else "http"
        print(f"Serving at {scheme}://{address(door)}; Ctrl-C stops.", flush=True)
        ready.end = lambda: os._exit(0)
        ready.run(sockets=[door])


def _load(settings: Settings, warm: Callable[[], None]) -> None:
    """Load what conversations need, and say so; without it, all else is served."""
    names = f"{settings.stt}, {settings.llm.partition('@')[0]} and {settings.tts}"
    print(f"Loading {names} for conversations ...", flush=True)
    began_s = time.monotonic()
    try:
        aside(warm)
        print(f"Loaded in {time.monotonic() - began_s:.1f} s.", flush=True)
    except VoxError as error:
        print(f"There will be no conversations: {error}", flush=True)


def server(app: ASGIApp, settings: Settings) -> Polite:
    """uvicorn, set up; raises as `run`."""
    cert, key = settings.serve_cert, settings.serve_key
    if (cert is None) != (key is None):
        raise UsageError("TLS needs a certificate and its key; set both serve_cert and serve_key.")
    for path in filter(None, (cert, key)):
        if not path.is_file():
            raise UsageError(f"There is no file {path}; name the PEM file of the certificate or key.")
    config = uvicorn.Config(
        app,
        ssl_certfile=cert,
        ssl_keyfile=key,
        ws="websockets-sansio",
        ws_per_message_deflate=False,  # sound does not shrink by it, and waits for it
        ws_max_size=LARGEST_MESSAGE,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        timeout_graceful_shutdown=GRACE_S,
        h11_max_incomplete_event_size=1 << 16,
        server_header=False,
        log_config=None,
        access_log=False,
    )
    try:
        config.load()
    except ssl.SSLError as error:
        raise UsageError(
            f"{cert} and {key} are no certificate and key in PEM form; make them anew."
        ) from error
    return Polite(config, getattr(app, "state", None))


class Polite(uvicorn.Server):
    """Lets the sessions say goodbye before the sockets are closed.

    Args:
        config: uvicorn's.
        state: Of the app; its `seats` are told.
    """

    def __init__(self, config: uvicorn.Config, state: object) -> None:
        super().__init__(config)
        self._seats: list[Seats] = getattr(state, "seats", [])
        self.end: Callable[[], None] | None = None
        """Ends the program, `LAST_S` after it was told to end; None = it takes as long as it takes."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end: a signal has come."""
        if self.end and not self.should_exit:
            last = threading.Timer(LAST_S, self.end)
            last.daemon = True
            last.start()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End."""
        if not self.force_exit:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._part(), FAREWELL_S)
        await super().shutdown(sockets)

    async def _part(self) -> None:
        """Have the sessions say goodbye, and wait for their peers to hear it.

        A socket that is closed on a peer that still sends is reset, and what the peer had not read is lost.
        """
        await asyncio.gather(*(seats.leave() for seats in self._seats))
        sockets = self.server_state.connections
        while any(isinstance(each, WebSocketsSansIOProtocol) for each in sockets):  # noqa: ASYNC110  # no event
            await asyncio.sleep(LOOK_S)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 = any free one.

    Raises:
        UsageError: There is no such address here.
        VoxError: Somebody else has it.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except socket.gaierror as error:
        raise UsageError(f"There is no address '{host}'; use 127.0.0.1, or 0.0.0.0 for all.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise VoxError(f"Port {port} is taken; stop the other program or use --port.") from error
        why = os.strerror(error.errno or 0).lower()
        raise VoxError(f"{host}:{port} cannot be listened on ({why}); use another.") from error


def address(door: socket.socket) -> str:
    """What to type to reach a listening socket."""
    host, port = door.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
