"""The contract of what a crafted voice is sent through last: no delay, one session's state."""

from __future__ import annotations

from typing import Protocol

from voxhumana.engine import Block


class Effect(Protocol):
    """Changes sound block by block."""

    def process(self, block: Block) -> Block:
        """Change `block`, float32 [T], T at most a hop; silence stays silence, once what rings is dead."""
