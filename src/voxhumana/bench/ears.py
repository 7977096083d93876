"""Whom the ears believe: rehearsals with our own voice in rooms, and with interruptions of it.

Everything runs on the sample clock with the default detector, recogniser and echo canceller (`rehearsal`), so
a busy machine changes nothing but the wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import soxr
from scipy.signal import oaconvolve

from voxhumana.assistant.mouth import FADE_S
from voxhumana.assistant.turn import Phase
from voxhumana.audio.file import SoundReader
from voxhumana.bench import sounds
from voxhumana.bench.cast import OVER_S, Cast, Row
from voxhumana.bench.rehearsal import RATE_HZ
from voxhumana.engine import Block
from voxhumana.errors import UsageError

OBJECTIONS = ("Wait, I have a question.", "Stop, that is not what I meant.", "No, tell me another one.")
ROOMS = 8
"""Of a folder with more every n-th is taken: our voice needs some time in each."""
SILENCE = 0.003
"""-50 dBFS: what is louder of the reply was spoken; pauses inside words are not."""
RESPONSE_S = 1.0
"""Of a room's response that is kept."""


def rooms(folder: Path | None) -> dict[str, Block]:
    """Responses from loudspeaker to microphone, at 16 kHz, by name: of a folder of recordings, or made up.

    Raises:
        UsageError: The folder has no sound files.
    """
    if folder is None:
        return {f"made-up {decay_s} s": sounds.room(7, decay_s) for decay_s in (0.02, 0.05, 0.08, 0.15)}
    found = {}
    paths = sorted([*folder.glob("*.flac"), *folder.glob("*.wav")])
    for path in paths[:: -(-len(paths) // ROOMS) or 1]:
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
            "what": f"own voice at {level_db:g} dB, {name}",
            "seconds": seconds / len(responses),
            "spoken s": float(np.mean(np.abs(heard.played) > SILENCE)) * seconds / len(responses),
            "paused": heard.count(Phase.INTERRUPTED),
            "longest ms": max(heard.dips_ms(), default=0.0),
            "stopped": heard.stopped(),
            "phantom turns": max(0, len(heard.said) - 1),
        }


def barge_in(cast: Cast, responses: Mapping[str, Block], level_db: float) -> Iterator[Row]:
    """Object to the story, with headphones and in each room; ms from the first syllable to silence."""
    places: dict[str, Block | None] = {"headphones": None}
    places |= {name: leveled(each, cast.reply[1], level_db) for name, each in responses.items()}
    for name, response in places.items():
        delays: list[float] = []
        stopped = 0
        for words in OBJECTIONS:
            heard = cast.run(cast.said(words), OVER_S, OVER_S + 4.0, response)
            stopped += heard.stopped() > 0
            after = [at - OVER_S * 1e3 for at, phase in heard.phases if phase is Phase.INTERRUPTED]
            delays += [at + FADE_S * 1e3 for at in after if at >= 0][:1]
        row: Row = {"what": f"barge-in at {level_db:g} dB, {name}", "trials": len(OBJECTIONS)}
        row |= {"noticed": len(delays), "stopped": stopped}
        if delays:
            row |= {"p50 ms": float(np.median(delays)), "max ms": max(delays)}
        yield row


def leveled(response: Block, sound: Block, level_db: float) -> Block:
    """The response, so loud that `sound` comes back with so much of its level."""
    sound = sound[: 10 * RATE_HZ]
    echo = oaconvolve(sound, response)[: len(sound)]
    gain = 10 ** (level_db / 20) * np.sqrt(np.mean(sound**2) / np.mean(echo**2))
    out: Block = (response * gain).astype(np.float32)
    return out
