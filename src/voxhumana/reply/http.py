"""The one HTTP client of the language engines: lines that stream in, time-outs, retries, plain errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from voxhumana.errors import VoxError

CONNECT_S = 3.0
READ_S = 60.0
"""Between two lines; a cold model on a slow disk is loaded before its first."""
RETRIES = 2
"""Of connecting only: a request that was sent is not sent twice."""


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

    def get(self, path: str) -> Any:  # noqa: ANN401  # whatever JSON the server sends
        """Fetch JSON; raises as `lines`."""
        try:
            answer = self._client.get(path)
            self._refuse(answer)
            return answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise self._sentence(error) from error

    def lines(self, path: str, body: Mapping[str, object]) -> Iterator[str]:
        """Post `body` and yield the lines of the answer as they come; closing the iterator hangs up.

        Raises:
            VoxError: Nobody answers, the server refuses, or it breaks off.
        """
        try:
            with self._client.stream("POST", path, json=body) as answer:
                if answer.is_error:
                    answer.read()
                self._refuse(answer)
                for line in answer.iter_lines():
                    if line:
                        yield line
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._sentence(error) from error

    def close(self) -> None:
        """Hang up; may be called twice."""
        self._client.close()

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
            return VoxError(f"{self.url} has been silent for {READ_S:.0f} s; try a smaller model.")
        return VoxError(f"{self.url} broke off ({error}); try again.")
