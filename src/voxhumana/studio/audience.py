"""What the booth and the parlour have in common: the pages that look on, and how what they say is read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from voxhumana.errors import UsageError

News = TypeVar("News")
Wish = TypeVar("Wish")


class Audience(Generic[News]):
    """The pages; used from any thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        """Held while pages are told: who changes what they are told holds it too."""
        self._pages: list[Callable[[News], None]] = []

    def join(self, hear: Callable[[News], None], so_far: Iterable[News]) -> None:
        """A page looks on from now.

        Args:
            hear: Takes what it is told, on any thread; must not wait.
            so_far: What it is told at once.
        """
        with self.lock:
            self._pages.append(hear)
            for news in so_far:
                hear(news)

    def leave(self, hear: Callable[[News], None]) -> None:
        """A page is gone."""
        with self.lock:
            self._pages.remove(hear)

    def tell(self, news: News) -> None:
        """Tell all of them."""
        with self.lock:
            for hear in self._pages:
                hear(news)


def read(grammar: TypeAdapter[Wish], text: str) -> Wish:
    """What a page says.

    Raises:
        UsageError: It is no message of the grammar.
    """
    try:
        return grammar.validate_json(text)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].lower()
        raise UsageError(
            f"The page said something that cannot be meant ({reason}); load it again."
        ) from error
