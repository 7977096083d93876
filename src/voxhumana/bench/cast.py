"""Who takes part in a rehearsal: the ears, a user, and a character that tells a story."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import soxr

from voxhumana import registry
from voxhumana.bench.rehearsal import RATE_HZ, Rehearsed, rehearse
from voxhumana.cast import voiced
from voxhumana.config import Settings
from voxhumana.dialogue import Detector, Speaker, Transcriber
from voxhumana.engine import Block
from voxhumana.library.shelf import Shelf

Row: TypeAlias = dict[str, str | float | int]

STORY = (
    "Ah, sit down, my old friend.",
    "The kettle is on the stove, and we have all the time in the world.",
    "When I was young, the river ran past our door, and we fished from the window.",
    "Do you know why the tea tastes better on a rainy day?",
    "Because the rain keeps everybody at home, and nobody is in a hurry.",
    "My grandmother used to say that a closed mouth catches no flies.",
    "So let us listen to the rain for a while, and then I will tell you more.",
    "Once there was a man who sold bells in the market.",
    "Every morning he rang each one of them, and the dogs of the whole town began to howl.",
)
QUESTION = "Tell me a long story, please."
OVER_S = 5.0
"""When somebody speaks over the reply, in seconds: the question is over, and two seconds of the answer."""


class Remembering:
    """A transcriber that is asked once for the same sound: every rehearsal begins with the same question.

    Args:
        transcriber: Who writes down what is new.
    """

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber
        self._texts: dict[bytes, str] = {}
        self.name, self.rate_hz = transcriber.name, transcriber.rate_hz
        self.longest = transcriber.longest

    def transcribe(self, sound: Block) -> str:
        """Its words."""
        key = hashlib.sha256(sound.tobytes()).digest()
        if key not in self._texts:
            self._texts[key] = self._transcriber.transcribe(sound)
        return self._texts[key]


@dataclass(frozen=True)
class Cast:
    """Who takes part."""

    detector: Detector
    transcriber: Transcriber
    user: Speaker
    reply: tuple[str, Block]
    """Words and sound of a reply, as long as any rehearsal."""

    def said(self, text: str, speaker: Speaker | None = None) -> Block:
        """The words, by the user or somebody else, from the first audible sample, float32 [T] at 16 kHz."""
        speaker = speaker or self.user
        sound = np.concatenate([*speaker.open().push(text)])
        sound = soxr.resample(sound, speaker.rate_hz, RATE_HZ)
        audible = np.flatnonzero(np.abs(sound) > 0.003)
        out: Block = sound[audible[0] : audible[-1] + 1]
        return out

    def run(self, over: Block, at_s: float, seconds: float, response: Block | None) -> Rehearsed:
        """Ask for a story, and let `over` sound at a moment of it."""
        sound = np.zeros(round(seconds * RATE_HZ), np.float32)
        question, at = self.said(QUESTION), round(at_s * RATE_HZ)
        sound[RATE_HZ // 2 : RATE_HZ // 2 + len(question)] = question
        sound[at : at + len(over)] += over[: len(sound) - at]
        return rehearse(sound, response, self.detector, self.transcriber, self.reply)


def cast(settings: Settings) -> Cast:
    """The engines of the settings, and a story of a minute and more in their voice."""
    voice = Shelf(settings.data_dir).find(settings.voice)
    speaker, voice = voiced(settings, voice, RATE_HZ)
    stream = speaker.open(voice)
    story = np.concatenate([sound for text in STORY for sound in stream.push(text)])
    return Cast(
        registry.load_detector("silero"),
        Remembering(registry.load_transcriber(settings.stt)),
        registry.load_speaker("hibari"),
        (" ".join(STORY), np.tile(story, 12)),
    )
