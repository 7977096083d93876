"""Who may come in, before any route is asked: an ASGI layer around the whole app, HTTP and WebSocket alike.

    Host -> Origin -> the app

A page elsewhere can make a browser send requests here, or point a name of its own at 127.0.0.1 (DNS
rebinding); what such requests cannot forge is `Origin` and `Host`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from voxhumana.config import Settings
from voxhumana.server.refusal import Refusal


class Guard:
    """The layer.

    Args:
        app: What it guards.
        settings: Names and origins that are ours.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] in {"http", "websocket"}:
            try:
                self._check(Headers(scope=scope))
            except Refusal as refusal:
                await refuse(refusal, scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, headers: Headers) -> None:
        settings = self._settings
        host = headers.get("host", "")
        if not known_host(host, [settings.serve_host, *settings.serve_hosts]):
            raise Refusal(
                403,
                "This server is not known by that name; add it to the setting serve_hosts.",
                code="host_not_allowed",
            )
        origin = headers.get("origin")
        if origin is not None and not known_origin(origin, host, settings.serve_origins):
            raise Refusal(
                403,
                "Pages of that origin may not use this server; add it to the setting serve_origins.",
                code="origin_not_allowed",
            )


def known_host(host: str, names: Sequence[str]) -> bool:
    """Whether a `Host` header names this server: `localhost`, a bare address, or one of `names`.

    An address cannot be rebound; only names can.
    """
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    if name is None:
        return False
    if name == "localhost" or name in {known.lower() for known in names}:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def known_origin(origin: str, host: str, origins: Sequence[str]) -> bool:
    """Whether a page is ours: served under the very name and port it asks, or one of `origins`."""
    if origin.rstrip("/").lower() in {known.rstrip("/").lower() for known in origins}:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.netloc.lower() == host.lower()


async def refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, or a WebSocket that is not open yet, with a refusal."""
    if scope["type"] == "http":
        await refusal.answer()(scope, receive, send)
        return
    socket = WebSocket(scope, receive, send)
    if "websocket.http.response" in scope.get("extensions", {}):
        await socket.send_denial_response(refusal.answer())
    else:
        await socket.close(1008, str(refusal))
