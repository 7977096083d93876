"""How much memory this process may take, as the user set it: asked before what is large, and after it."""

from __future__ import annotations

import psutil

from voxhumana.errors import VoxError


class Ceiling:
    """The setting `memory_mb`.

    Args:
        most_mb: Resident memory, megabytes of a million bytes; None = whatever it takes.
    """

    def __init__(self, most_mb: int | None) -> None:
        self._most_mb = most_mb

    def fits(self, more_mb: float) -> bool:
        """Whether so much more may be taken."""
        return self._most_mb is None or _resident_mb() + more_mb <= self._most_mb

    def check(self, what: str, more_mb: float = 0.0) -> None:
        """See that `what`, which is there or needs `more_mb` yet, is within it.

        Raises:
            VoxError: It is not.
        """
        if not self.fits(more_mb):
            needed_mb = _resident_mb() + more_mb
            raise VoxError(
                f"With {what} the conversation takes {needed_mb:,.0f} MB, more than the {self._most_mb:,} MB "
                "of the setting `memory_mb`; raise it, or choose a smaller engine."
            )


def _resident_mb() -> float:
    return psutil.Process().memory_info().rss / 1e6
