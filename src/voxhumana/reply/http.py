"""The one HTTP client of the language engines: lines that stream in, time-outs, retries, plain errors."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from voxhumana.errors import VoxError

CONNECT_S = 3.0
READ_S = 60.0
"""Between two lines; a cold model on a slow disk is loaded before its first."""
RETRIES = 2
"""Of connecting only: a request that was sent is not sent twice,"""
BUSY = (429, 503)
BUSY_S = 20.0
PAUSE_S = 0.5
"""unless the server was too busy, or still loading its model (llama.cpp: 503): for so long, this often."""


class Client:
    """A server's address, with the connections to it.

    Args:
        url: Where it answers, `http://host:port` and maybe a path.
        key: Bearer token; empty = none.
        start: What to tell the user to do when nobody answers there.
    """

    def __init__(self, url: str, key: str, start: str) -> None:
        self.url = url.rstrip("/")
        self._start = start
        try:
            self._client = httpx.Client(
                base_url=self.url,
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
                transport=httpx.HTTPTransport(retries=RETRIES),
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise VoxError(f"'{url}' is no address; write it like http://127.0.0.1:8080.") from error

    def get(self, path: str) -> dict[str, Any]:
        """Fetch a JSON object; raises as `lines`."""
        with self._errors():
            until = time.monotonic() + BUSY_S
            while self._busy(answer := self._client.get(path), until):
                time.sleep(PAUSE_S)
            self._refuse(answer)
            return self.parsed(answer.text)

    def lines(self, path: str, body: Mapping[str, object], silent_s: float = READ_S) -> Iterator[str]:
        """Post `body` and yield the lines of the answer as they come; closing the iterator hangs up.

        Args:
            path: Below the server's address.
            body: Sent as JSON.
            silent_s: How long to wait for a line.

        Raises:
            VoxError: Nobody answers, the server refuses, or it breaks off.
        """
        with self._errors():
            until = time.monotonic() + BUSY_S
            timeout = httpx.Timeout(silent_s, connect=CONNECT_S)
            while True:
                with self._client.stream("POST", path, json=body, timeout=timeout) as answer:
                    if not self._busy(answer, until):
                        if answer.is_error:
                            answer.read()
                        self._refuse(answer)
                        yield from filter(None, answer.iter_lines())
                        return
                time.sleep(PAUSE_S)

    def parsed(self, text: str) -> dict[str, Any]:
        """The JSON object in `text`.

        Raises:
            VoxError: There is none.
        """
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(text)
            if isinstance(found, dict):
                return found
        raise VoxError(f"{self.url} does not speak the protocol of this engine; check the address.")

    def close(self) -> None:
        """Hang up; may be called twice."""
        self._client.close()

    def _busy(self, answer: httpx.Response, until: float) -> bool:
        return answer.status_code in BUSY and time.monotonic() < until

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise self._sentence(error) from error

    def _refuse(self, answer: httpx.Response) -> None:
        if answer.is_error:
            said = " ".join(answer.text.split())[:200]
            raise VoxError(
                f"{self.url} refused with {answer.status_code} ({said}); check the model and the key."
            )

    def _sentence(self, error: Exception) -> VoxError:
        if isinstance(
            error, httpx.ConnectError | httpx.ConnectTimeout | httpx.InvalidURL | httpx.UnsupportedProtocol
        ):
            return VoxError(f"Nobody answers at {self.url}; {self._start}")
        if isinstance(error, httpx.TimeoutException):
            return VoxError(f"{self.url} has been silent for too long; try a smaller model.")
        return VoxError(f"{self.url} broke off ({' '.join(str(error).split())}); try again.")
