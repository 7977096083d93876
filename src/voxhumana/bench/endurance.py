"""A conversation of hundreds of turns, with the real engines: does memory grow, do turns become slower?

It runs on the sample clock: the microphone waits while engines are at work, so a busy machine lengthens the
wall clock and changes nothing else; what a turn costs is told in processor time.

    question -> Talk (real ears, turn, drafter, memory) -> reply played to its end -> next question
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import psutil
import soxr

from voxhumana import build_talk, registry
from voxhumana.assistant.notes import Note, Notice, Said
from voxhumana.assistant.talk import Talk
from voxhumana.assistant.timing import TurnTiming
from voxhumana.bench.smalltalk import PATTERNS, QUESTIONS
from voxhumana.config import Settings
from voxhumana.engine import Block

RATE_HZ = 16_000
FRAMES = 160
GAP_S = 0.8
"""Between a reply's end and the next question."""
LOST_S = 20.0
"""A question without an answer after so long, on the sample clock, was not understood."""
LOOK_S = 0.002
EDGE = len(PATTERNS)
"""Turns at the beginning that are held against as many at the end: of two hundred, the same patterns."""
YARDSTICK = np.random.default_rng(3).standard_normal((96, 96))
TENTH = 10
"""Turns after which somebody who waits is told."""


@dataclass(frozen=True)
class Cost:
    """What a turn took, from the end of the one before to its own."""

    words: int
    """Of the reply."""
    processor_s: float
    wall_s: float
    yardstick_ms: float
    """What a fixed piece of work took then: the machine's own speed, which varies."""
    memory_mb: float
    """Resident, after it."""


class Interview:
    """`Source` and `Sink` in one: asks the next question when the answer to the last is over.

    Args:
        questions: Float32 [T] at 16 kHz each.
        until_s: Moment of the monotonic clock after which no more is asked.
    """

    name = clock = "interview"
    rate_hz = RATE_HZ
    frames = latency = mark = FRAMES
    dropped = underruns = backlog = 0

    def __init__(self, questions: Iterator[Block], until_s: float) -> None:
        self._questions = questions
        self._until_s = until_s
        self._sound: Block = np.zeros(RATE_HZ // 2, np.float32)
        self._waited = 0
        self.talk: Talk | None = None
        """Whose engines are waited for."""
        self.answered = False
        self.lost = 0

    def read(self) -> Block | None:
        """The next 10 ms of the microphone; None when all was asked."""
        while self.talk and self.talk.busy:
            time.sleep(LOOK_S)
        if len(self._sound) < FRAMES:
            self._waited += FRAMES
            lost = self._waited > LOST_S * RATE_HZ
            if lost or (self.answered and self._waited > GAP_S * RATE_HZ):
                self.lost += lost
                question = next(self._questions, None)
                if question is None or time.monotonic() > self._until_s:
                    return None
                self._sound, self._waited, self.answered = question, 0, False
            return np.zeros(FRAMES, np.float32)
        block, self._sound = self._sound[:FRAMES], self._sound[FRAMES:]
        return block

    def write(self, block: Block) -> None:
        """Forget it."""

    def close(self) -> None:
        """Do nothing; both ends call it."""

    def over(self) -> None:
        """An answer is over."""
        self.answered, self._waited = True, 0


def measure(
    settings: Settings, turns: int, minutes: float, tell: Callable[[dict[str, object]], None]
) -> dict[str, object]:
    """Ask so many questions, one after the other, or as many as there is time for.

    Args:
        settings: Of the engines, and where the memory lies.
        turns: How many.
        minutes: After which no more is asked.
        tell: Takes what is known every ten turns; on the path's thread.

    Raises:
        VoxError: An engine cannot be had.
    """
    spoken = [_spoken(text) for text in QUESTIONS]
    interview = Interview(
        iter(itertools.islice(itertools.cycle(spoken), turns)), time.monotonic() + minutes * 60
    )
    process, costs = psutil.Process(), list[Cost]()
    said, notices = list[str](), list[str]()
    mark = [time.process_time(), time.monotonic()]

    def note(what: Note) -> None:
        if isinstance(what, Notice):
            notices.append(what.text)
        elif isinstance(what, Said) and what.who == "assistant":
            said.append(what.text)
        elif isinstance(what, TurnTiming):
            words = len(said[-1].split()) if said else 0
            took = time.process_time() - mark[0], time.monotonic() - mark[1]
            costs.append(Cost(words, *took, yardstick_ms(), process.memory_info().rss / 1e6))
            interview.over()
            if len(costs) % TENTH == 0:
                tell(report())
            mark[:] = [time.process_time(), time.monotonic()]

    def report() -> dict[str, object]:
        each = [asdict(cost) for cost in costs]
        return summary(costs) | {"lost": interview.lost, "notices": notices, "said": said, "each": each}

    scene = build_talk.scene(settings, note, devices=(interview, lambda: interview))
    interview.talk = scene.talk
    mark[:] = [time.process_time(), time.monotonic()]
    scene.talk.run()
    return report()


def summary(costs: Sequence[Cost]) -> dict[str, object]:
    """The first turns against the last; the very first is left out, which has all the caches to fill."""
    first, last = costs[1 : EDGE + 1], costs[-EDGE:]
    figures: dict[str, object] = {"turns": len(costs)}
    if not first:
        return figures
    for name, part in (("first", first), ("last", last)):
        figures[f"{name} processor s a turn"] = float(np.median([cost.processor_s for cost in part]))
        figures[f"{name} wall s a turn"] = float(np.median([cost.wall_s for cost in part]))
        words = sum(cost.words for cost in part)
        figures[f"{name} wall s a word"] = sum(cost.wall_s for cost in part) / max(1, words)
        figures[f"{name} yardstick ms"] = float(np.median([cost.yardstick_ms for cost in part]))
        figures[f"{name} words a turn"] = float(np.mean([cost.words for cost in part]))
        figures[f"{name} memory MB"] = part[-1].memory_mb
    figures["memory growth MB"] = last[-1].memory_mb - first[-1].memory_mb
    figures["memory MB every ten turns"] = [round(cost.memory_mb) for cost in costs[::TENTH]]
    return figures


def yardstick_ms() -> float:
    """Do the same piece of work as ever, some tens of ms, and tell how long it took."""
    began_s = time.perf_counter()
    for _ in range(20):
        np.linalg.svd(YARDSTICK)
    return (time.perf_counter() - began_s) * 1e3


def _spoken(text: str) -> Block:
    speaker = registry.load_speaker("hibari")
    sound: Block = soxr.resample(np.concatenate([*speaker.open().push(text)]), speaker.rate_hz, RATE_HZ)
    return sound
