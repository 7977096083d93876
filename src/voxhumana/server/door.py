"""Who asks, and whether they may: loopback goes without a token unless settings say otherwise, others never.

A token comes as `Authorization: Bearer`, as OpenAI's WebSocket subprotocol `openai-insecure-api-key.TOKEN`
(browsers cannot set headers), or as the cookie that `/?token=TOKEN` leaves behind for the studio.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, QueryParams
from starlette.types import Scope

from voxhumana.config import Settings
from voxhumana.server.refusal import Refusal
from voxhumana.server.throttle import Throttle
from voxhumana.server.tokens import Bearer, Tokens

COOKIE = "vox_token"
SUBPROTOCOL = "openai-insecure-api-key."
OPEN = frozenset({"/health"})
"""Paths that need no token."""
SCOPES = (
    ("/v1/convert", "convert"),
    ("/v1/realtime", "talk"),
    ("/v1/audio/speech", "speech"),
    ("/v1/audio/transcriptions", "transcribe"),
    ("/v1/", "read"),
    ("/openapi.json", "read"),
    ("/metrics", "metrics"),
    ("/", "studio"),
)
"""Beginning of a path -> the scope it needs; the first that fits counts."""
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
"""Headers that a proxy adds: who came through one is not from here, whatever the connection says."""


class Door:
    """Checks requests.

    Args:
        settings: For who needs a token.
        tokens: Makes the checker of tokens, when one is first needed.
    """

    def __init__(self, settings: Settings, tokens: Callable[[], Tokens]) -> None:
        self._settings = settings
        self._make = tokens
        self._tokens: Tokens | None = None
        self._throttle = Throttle(settings.serve_per_minute)

    async def admit(self, scope: Scope, headers: Headers) -> Bearer | None:
        """Who asks; None = somebody at this machine, who needs no token.

        Raises:
            Refusal: 401, 403 or 429.
        """
        address = (scope.get("client") or ("", 0))[0]
        if self._settings.serve_auth == "remote" and local(address, headers):
            return None
        self._throttle.ask(address)
        if scope["path"] in OPEN:
            return None
        token = presented(scope, headers)
        if token is None:
            raise Refusal(401, "A token is needed; make one with `vox token create`.", code="token_missing")
        try:
            bearer = await run_in_threadpool(self._check, token)
        except Refusal:
            self._throttle.wrong(address)
            raise
        wanted = needed(scope["path"])
        if wanted not in bearer.scopes:
            raise Refusal(
                403, f"The token lacks the scope '{wanted}'; ask for another.", code="scope_missing"
            )
        return bearer

    def close(self) -> None:
        """Let the database go."""
        if self._tokens:
            self._tokens.close()

    def _check(self, token: str) -> Bearer:
        if self._tokens is None:
            self._tokens = self._make()
        return self._tokens.check(token)


def needed(path: str) -> str:
    """The scope that a path needs."""
    return next(scope for begin, scope in SCOPES if path.startswith(begin))


def local(address: str, headers: Headers) -> bool:
    """Whether a request comes from this machine, and through no proxy."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(known, "ipv4_mapped", None)
    return (mapped or known).is_loopback and not any(name in headers for name in FORWARDED)


def presented(scope: Scope, headers: Headers) -> str | None:
    """The token that a request brings."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    for offered in scope.get("subprotocols", ()):
        if offered.startswith(SUBPROTOCOL):
            return str(offered.removeprefix(SUBPROTOCOL))
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        cookie = None
    return cookie.value if cookie else query_token(scope)


def query_token(scope: Scope) -> str | None:
    """The token in the address of a page of the studio, which becomes a cookie; nowhere else."""
    if scope["type"] != "http" or scope["method"] != "GET" or needed(scope["path"]) != "studio":
        return None
    return QueryParams(scope["query_string"]).get("token")
