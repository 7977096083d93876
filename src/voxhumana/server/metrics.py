"""`/metrics`: what the server does, in numbers, for Prometheus; no voice, no word, no name.

Counted by an ASGI layer around the routes, and read from the seats. One registry an app, so that several apps
in a process (tests) do not count each other's.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import psutil
from fastapi import APIRouter
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voxhumana import __version__
from voxhumana.server.journal import LOG
from voxhumana.server.refusal import responses
from voxhumana.server.seats import Seats

BOUNDS_S = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)
"""Of the histogram of times."""


class Metrics:
    """The numbers.

    Args:
        seats: Whose sessions are counted.
    """

    def __init__(self, seats: Sequence[Seats]) -> None:
        self.registry = CollectorRegistry()
        labels = ("path", "status")
        self._requests = Counter(
            "vox_requests", "HTTP requests, and sockets that were refused.", labels, registry=self.registry
        )
        self._seconds = Histogram(
            "vox_request_seconds",
            "Time of HTTP requests.",
            ("path",),
            buckets=BOUNDS_S,
            registry=self.registry,
        )
        Gauge("vox_info", "This program.", ("version",), registry=self.registry).labels(__version__).set(1)
        memory = Gauge("vox_memory_bytes", "Resident memory of the server.", registry=self.registry)
        memory.set_function(lambda: psutil.Process().memory_info().rss)
        kinds = ("kind",)
        taken = Gauge("vox_sessions", "Sessions now.", kinds, registry=self.registry)
        most = Gauge("vox_sessions_limit", "Sessions at once, at most.", kinds, registry=self.registry)
        refused = Gauge(
            "vox_sessions_refused", "Sessions refused for want of a seat.", kinds, registry=self.registry
        )
        begun = Gauge("vox_sessions_begun", "Sessions so far.", kinds, registry=self.registry)
        for each in seats:
            taken.labels(each.kind).set_function(partial(getattr, each, "taken"))
            most.labels(each.kind).set_function(partial(getattr, each, "most"))
            refused.labels(each.kind).set_function(partial(getattr, each, "refused"))
            begun.labels(each.kind).set_function(partial(getattr, each, "begun"))

    def count(self, path: str, status: int, seconds: float | None) -> None:
        """Note a request that is over.

        Args:
            path: The route's, never what was typed.
            status: HTTP's.
            seconds: None for sockets.
        """
        self._requests.labels(path, status).inc()
        if seconds is not None:
            self._seconds.labels(path).observe(seconds)


class Counted:
    """The ASGI layer.

    Args:
        app: What is counted.
        metrics: Where.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        status, began_s = 0, time.perf_counter()

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, told)
        except Exception:
            status = 500
            raise
        finally:
            if status:
                path = getattr(scope.get("route"), "path", "other")
                seconds = time.perf_counter() - began_s if scope["type"] == "http" else None
                self._metrics.count(path, status, seconds)
                self._note(scope, path, status, seconds)

    def _note(self, scope: Scope, path: str, status: int, seconds: float | None) -> None:
        bearer = scope.get("state", {}).get("bearer")
        LOG.info(
            "request",
            extra={
                "method": scope.get("method", "SOCKET"),
                "path": path,
                "status": status,
                "seconds": seconds,
                "who": bearer.name if bearer else None,
            },
        )


def routes(metrics: Metrics) -> APIRouter:
    """The route."""
    router = APIRouter()

    @router.get("/metrics", tags=["server"], response_class=Response, responses=responses())
    def show() -> Response:
        """Show the numbers in Prometheus' text format."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router
