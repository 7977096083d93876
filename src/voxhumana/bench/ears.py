"""Whom the ears believe: rehearsals with our own voice, interruptions, noises, and nobody at all.

Everything runs on the sample clock with the default detector, recogniser and echo canceller (`rehearsal`), so
a busy machine changes nothing but the wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import soxr
from scipy.signal import oaconvolve

from voxhumana import build_talk, registry
from voxhumana.assistant.mouth import FADE_S
from voxhumana.assistant.turn import Phase
from voxhumana.audio.file import SoundReader
from voxhumana.bench import sounds
from voxhumana.bench.rehearsal import RATE_HZ, Rehearsed, rehearse
from voxhumana.config import Settings
from voxhumana.dialogue import Detector, Speaker, Transcriber
from voxhumana.engine import Block
from voxhumana.errors import UsageError
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
OBJECTIONS = ("Wait, I have a question.", "Stop, that is not what I meant.", "No, tell me another one.")
MURMURS = ("Mm-hmm.", "Uh-huh.", "Yeah.", "Right.", "Okay.", "Mhm.")
RESPONSE_S = 1.0
"""Of a room's response that is kept."""
OVER_S = 5.0
"""When somebody speaks over the reply, in seconds: the question is over, and two seconds of the answer."""


@dataclass(frozen=True)
class Cast:
    """Who takes part."""

    detector: Detector
    transcriber: Transcriber
    user: Speaker
    reply: tuple[str, Block]
    """Words and sound of a reply, as long as any rehearsal."""

    def said(self, text: str) -> Block:
        """The user's words, from their first audible sample, float32 [T] at 16 kHz."""
        sound = np.concatenate([*self.user.open().push(text)])
        sound = soxr.resample(sound, self.user.rate_hz, RATE_HZ)
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
    speaker, voice = build_talk.voiced(settings, voice, RATE_HZ)
    stream = speaker.open(voice)
    story = np.concatenate([sound for text in STORY for sound in stream.push(text)])
    return Cast(
        registry.load_detector("silero"),
        registry.load_transcriber(settings.stt),
        registry.load_speaker("hibari"),
        (" ".join(STORY), np.tile(story, 12)),
    )


def rooms(folder: Path | None) -> dict[str, Block]:
    """Responses from loudspeaker to microphone, at 16 kHz, by name: of a folder of recordings, or made up.

    Raises:
        UsageError: The folder has no sound files.
    """
    if folder is None:
        return {f"made-up {decay_s} s": sounds.room(7, decay_s) for decay_s in (0.02, 0.05, 0.08, 0.15)}
    found = {}
    for path in sorted([*folder.glob("*.flac"), *folder.glob("*.wav")]):
        with SoundReader(path) as file:
            response = soxr.resample(file.read(file.rate_hz * 5), file.rate_hz, RATE_HZ)
        peak = int(np.argmax(np.abs(response)))
        found[path.stem] = response[max(0, peak - 80) : peak + round(RESPONSE_S * RATE_HZ)]
    if not found:
        raise UsageError(f"There are no .flac or .wav files in {folder}; name a folder of room responses.")
    return found


def own_voice(cast: Cast, responses: Mapping[str, Block], level_db: float, seconds: float) -> Iterator[Row]:
    """Let a story be told in each room, on open loudspeakers, for so long altogether."""
    for name, response in responses.items():
        echo = leveled(response, cast.reply[1], level_db)
        heard = cast.run(np.zeros(0, np.float32), 0.0, seconds / len(responses), echo)
        yield {
            "what": f"own voice, {name}, {level_db:g} dB",
            "seconds": seconds / len(responses),
            "paused": heard.count(Phase.INTERRUPTED),
            "stopped": heard.stopped(),
            "phantom turns": max(0, len(heard.said) - 1),
        }


def barge_in(cast: Cast, responses: Mapping[str, Block], level_db: float) -> Iterator[Row]:
    """Object to the story, with headphones and in each room; ms from the first syllable to silence."""
    places: dict[str, Block | None] = {"headphones": None}
    places |= {name: leveled(each, cast.reply[1], level_db) for name, each in responses.items()}
    for name, response in places.items():
        delays: list[float] = []
        for words in OBJECTIONS:
            heard = cast.run(cast.said(words), OVER_S, OVER_S + 4.0, response)
            after = [at - OVER_S * 1e3 for at, phase in heard.phases if phase is Phase.INTERRUPTED]
            delays += [at + FADE_S * 1e3 for at in after if at >= 0][:1]
        row: Row = {"what": f"barge-in, {name}", "noticed": len(delays), "of": len(OBJECTIONS)}
        if delays:
            row |= {"p50 ms": float(np.median(delays)), "max ms": max(delays)}
        yield row


def murmurs(cast: Cast) -> Iterator[Row]:
    """Make noises over the story that are no interruption."""
    random = np.random.default_rng(5)
    over = {words: cast.said(words) for words in MURMURS}
    over |= {"cough": sounds.cough(random), "door": sounds.door(random)}
    over["keys"] = np.concatenate([sounds.click(random) for _ in range(20)])
    for name, sound in over.items():
        heard = cast.run(sound, OVER_S, OVER_S + 3.0, None)
        yield {
            "what": f"over the reply: {name}",
            "paused": heard.count(Phase.INTERRUPTED),
            "stopped": heard.stopped(),
        }


def nobody(cast: Cast, seconds: float, folder: Path | None) -> Iterator[Row]:
    """Listen to what is no speech, for so long each."""
    random = np.random.default_rng(9)
    scenes = {
        "silence": np.zeros(round(seconds * RATE_HZ), np.float32),
        "noise": sounds.noise(random, seconds),
        "music, made up": sounds.music(random, seconds),
        "typing, made up": sounds.typing(random, seconds),
    }
    if folder:
        scenes["recordings"] = np.concatenate([*_recordings(folder)])[: round(seconds * RATE_HZ)]
    for name, sound in scenes.items():
        heard = rehearse(sound, None, cast.detector, cast.transcriber, cast.reply)
        length_s = len(sound) / RATE_HZ
        words = " / ".join(heard.understood)
        yield {"what": name, "seconds": length_s, "turns": len(heard.said), "words": words}


def leveled(response: Block, sound: Block, level_db: float) -> Block:
    """The response, so loud that `sound` comes back with so much of its level."""
    sound = sound[: 10 * RATE_HZ]
    echo = oaconvolve(sound, response)[: len(sound)]
    gain = 10 ** (level_db / 20) * np.sqrt(np.mean(sound**2) / np.mean(echo**2))
    out: Block = (response * gain).astype(np.float32)
    return out


def _recordings(folder: Path) -> Iterator[Block]:
    for path in sorted(p for p in folder.iterdir() if p.suffix in {".opus", ".ogg", ".wav", ".flac"}):
        with SoundReader(path) as file:
            yield soxr.resample(file.read(file.rate_hz * 10), file.rate_hz, RATE_HZ).astype(np.float32)
