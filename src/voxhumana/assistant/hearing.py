"""What is heard of the user: frames with a probability of speech, hisses, and the sound to look back on.

microphone, and what was played -> `Ears` -> recording -> detector -> `Heard`, `Hiss`
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from voxhumana.assistant.ears import Ears
from voxhumana.assistant.event import Heard, Hiss
from voxhumana.assistant.recording import Recording
from voxhumana.assistant.turn import MS
from voxhumana.engine import Block

KEEP = 60_000 * MS
"""Longest utterance that is understood whole: a minute."""
LEAD = 256 * MS
"""Sound before the onset that goes to the transcriber: the detector hears soft first sounds late."""


class Hearing:
    """One conversation's; used from the path's thread.

    Args:
        ears: Stages between microphone and turn.
    """

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._recording = Recording(KEEP)

    def push(self, block: Block, played: Block) -> Iterator[Heard | Hiss]:
        """Take what was heard and what was played meanwhile, at their devices' rates."""
        ears = self._ears
        near = np.concatenate([*ears.near.push(block)])
        far = np.concatenate([*ears.far.push(played)])
        clean = near if ears.echo is None else ears.echo.push(near, far)
        self._recording.add(clean)
        alone = ears.alone
        if alone and ears.hisses and played.any():
            yield from (Hiss() for hiss in ears.hisses.push(clean) if hiss)
        for activity in ears.activities.push(clean):
            yield Heard(activity.end - ears.hop, activity.end, activity.speech, alone)

    def utterance(self, start: int, end: int) -> Block:
        """The sound of an utterance, from a little before it on, float32 [T] at the detector's rate."""
        return self._recording.cut(start - LEAD, end)
