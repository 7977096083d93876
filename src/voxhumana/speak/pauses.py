"""The silence around what is spoken: as long as a speaker would leave it, not as an engine pads it.

Engines pad every text they are given: hibari 0.30 s before it and 0.45 s after (measured on 12 questions, at
-50 dBFS). Before a reply that is dead time, and between two clauses of one sentence a hole of 0.75 s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from voxhumana.engine import Block

SILENCE = 0.003
"""-50 dBFS: below it nobody hears anything."""
LEAD_S = 0.01
"""Kept before the first audible sample, for soft onsets."""
SENTENCE_S, CLAUSE_S, WORD_S = 0.28, 0.12, 0.03
"""Silence after a piece that ends a sentence, a clause, or neither: brisk, as one talks; hibari itself leaves
0.75 s between two sentences."""


def pause_s(text: str) -> float:
    """How long to be silent after `text`."""
    mark = text.rstrip(" \"')\u201d\u2019")[-1:]
    if mark and mark in ".?!\u2026":
        return SENTENCE_S
    return CLAUSE_S if mark and mark in ",;:\u2014\u2013-" else WORD_S


def trimmed(sounds: Iterable[Block], rate_hz: int, after_s: float) -> Iterator[Block]:
    """Yield the blocks without the silence before them, with `after_s` of it at the end.

    A silence that two blocks share is cut to that of a sentence. Nothing comes out of silence alone.
    """
    lead, longest, after = (round(s * rate_hz) for s in (LEAD_S, SENTENCE_S, after_s))
    begun = False
    held: Block = np.zeros(0, np.float32)
    for sound in sounds:
        audible = np.flatnonzero(np.abs(sound) > SILENCE)
        if not audible.size:
            held = np.concatenate([held, sound])[-longest:]
            continue
        first, last = int(audible[0]), int(audible[-1]) + 1
        before = np.concatenate([held, sound[:first]])[-(longest if begun else lead) :]
        yield np.concatenate([before, sound[first:last]])
        begun, held = True, sound[last:][-longest:]
    if begun:
        yield np.pad(held, (0, max(0, after - len(held))))[:after]
