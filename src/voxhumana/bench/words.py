"""How many words go wrong: of people who are written down, and of what we say and a recogniser hears back.

Recordings need a `manifest.tsv` with path, lang, transcript and transcript_kind; only rows of kind `ref`,
with a transcript by a person, say anything about a recogniser.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr

from voxhumana import registry
from voxhumana.audio.file import SoundReader
from voxhumana.bench import manifest
from voxhumana.bench.cast import Row
from voxhumana.bench.judges import edits, normal
from voxhumana.cast import voiced
from voxhumana.config import Settings
from voxhumana.errors import UsageError
from voxhumana.library.shelf import Shelf
from voxhumana.listen.transcript import transcript

VOICES = ("uncle", "granny", "captain", "goblin", "giant")
"""Native and crafted ones of the shelf."""
SENTENCES = (
    "Good morning, and welcome to our little house by the sea.",
    "The kettle is on the stove, so please take off your coat and sit down.",
    "My brother has bought three green apples and a loaf of bread.",
    "It will rain in the evening, but tomorrow the sun will shine again.",
    "Could you tell me when the next train leaves for London?",
    "She played the piano while the children danced in the garden.",
    "There are seven days in a week and twelve months in a year.",
    "He forgot his umbrella at the office, and came home wet and cold.",
    "The old bridge was closed because the river had risen overnight.",
    "Please turn left at the church, and then walk straight on for a mile.",
    "I would like a cup of coffee with milk and two spoons of sugar.",
    "Nobody knew who had opened the window in the middle of the night.",
    "Our neighbours are friendly people who like to talk about the weather.",
    "The doctor said that I should sleep more and worry less.",
    "A small grey cat was sitting under the table and looking at us.",
    "You can find the answer on page forty of the blue book.",
)
"""Everyday English, 199 words."""


def heard(folder: Path, settings: Settings) -> Iterator[Row]:
    """Write down the English recordings in a folder, as `vox transcribe` does; a row a group of speakers.

    Raises:
        UsageError: It has no manifest, or no English rows of kind `ref`.
    """
    rows = manifest.rows(folder, "path", "lang", "transcript", "transcript_kind")
    rows = [row for row in rows if row["transcript_kind"] == "ref" and row["lang"].startswith("en")]
    if not rows:
        raise UsageError(f"{folder} has no English recordings with a transcript by a person (kind `ref`).")
    transcriber, detector = registry.load_transcriber(settings.stt), registry.load_detector("silero")
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        with SoundReader(folder / row["path"]) as file:
            sound = file.read(file.rate_hz * 60)
            segments = list(transcript([sound], file.rate_hz, detector, transcriber))
        said, written = normal(row["transcript"]), normal(" ".join(s.text for s in segments))
        group = "native" if row["lang"] == "en" else f"accented, {row['lang']}"
        for index, more in enumerate((1, len(said), edits(said, written))):
            counts[group][index] += more
    for group, (clips, words, wrong) in counts.items():
        yield {"what": f"transcribe: {group}", "clips": clips, "words": words, "WER %": 100 * wrong / words}


def spoken(settings: Settings) -> Iterator[Row]:
    """Say sentences in several voices, as `vox say` does, and let Whisper base hear them back."""
    transcriber, shelf = registry.load_transcriber("whisper"), Shelf(settings.data_dir)
    totals = [0, 0]
    for name in VOICES:
        words = wrong = 0
        speaker, voice = voiced(settings, shelf.find(name), 48_000)
        for sentence in SENTENCES:
            stream = speaker.open(voice)
            sound = np.concatenate([*stream.push(sentence), *stream.flush()])
            text = transcriber.transcribe(soxr.resample(sound, speaker.rate_hz, transcriber.rate_hz))
            words += len(normal(sentence))
            wrong += edits(normal(sentence), normal(text))
        totals = [totals[0] + words, totals[1] + wrong]
        engine = next(iter(voice.engines), "none")
        yield {"what": f"say as {name} ({engine})", "words": words, "WER %": 100 * wrong / words}
    yield {"what": "say, all voices", "words": totals[0], "WER %": 100 * totals[1] / totals[0]}
