"""Scripted ears, mouths and minds: engines that do what a test says."""

import threading
import time
from collections.abc import Generator, Iterator, Sequence

import numpy as np

from voxhumana.dialogue import Activity, Message
from voxhumana.engine import Block
from voxhumana.errors import VoxError


class LoudDetector:
    """Takes anything above -34 dBFS for speech."""

    name = "loud"
    rate_hz = 16_000
    hop = 512

    def open(self) -> "LoudDetectorStream":
        return LoudDetectorStream()


class LoudDetectorStream:
    def __init__(self) -> None:
        self._held = np.zeros(0, np.float32)
        self._end = 0

    def push(self, item: Block) -> Iterator[Activity]:
        self._held = np.concatenate([self._held, item])
        while len(self._held) >= LoudDetector.hop:
            frame, self._held = self._held[: LoudDetector.hop], self._held[LoudDetector.hop :]
            self._end += LoudDetector.hop
            yield Activity(self._end, float(np.sqrt(np.mean(frame**2)) > 0.02))

    def flush(self) -> Iterator[Activity]:
        yield from ()


class CountingTranscriber:
    """Hears each burst of sound as a word: "one", "one two", ..."""

    name = "counting"
    rate_hz = 16_000
    longest = 16_000 * 29
    words = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

    def __init__(self) -> None:
        self.fails = False
        self.pause_s = 0.0
        """A call takes."""

    def transcribe(self, sound: Block) -> str:
        if self.fails:
            raise RuntimeError("no ears")
        time.sleep(self.pause_s)
        frames = sound[: len(sound) // 320 * 320].reshape(-1, 320)
        loud = np.sqrt(np.mean(frames**2, axis=1)) > 0.02
        bursts = int(np.sum(loud[1:] & ~loud[:-1])) + int(len(loud) > 0 and loud[0])
        return " ".join(self.words[:bursts])


class ScriptedResponder:
    """Says what the test says, and remembers what it was asked."""

    name = "scripted"

    def __init__(self, text: str) -> None:
        self.text = text
        self.fails_after: int | None = None
        self.asked: list[list[Message]] = []
        self.pause_s = 0.0
        """Before the first word,"""
        self.until: threading.Event | None = None
        """before which this must have happened, too."""

    def reply(self, messages: Sequence[Message]) -> Generator[str]:
        self.asked.append(list(messages))
        time.sleep(self.pause_s)
        if self.until:
            self.until.wait(5)
        for number, word in enumerate(self.text.split()):
            if number == self.fails_after:
                raise VoxError("The server was unplugged; plug it in.")
            yield word + " "

    def close(self) -> None:
        pass


class HummingStream:
    """Hums 20 ms for each letter, at 16 kHz and -14 dBFS."""

    letter = 320

    def push(self, item: str) -> Iterator[Block]:
        t = np.arange(len(item.strip()) * self.letter) / 16_000
        yield (0.2 * np.sin(2 * np.pi * 500 * t)).astype(np.float32)

    def flush(self) -> Iterator[Block]:
        yield from ()
