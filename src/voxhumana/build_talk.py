"""The wiring of a conversation: settings -> devices, ears, engines, voice -> the path of `assistant.talk`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from voxhumana import registry
from voxhumana.assistant.drafter import Drafter, News
from voxhumana.assistant.ending import Ending, by_words, judged
from voxhumana.assistant.history import History
from voxhumana.assistant.talk import Ears, Note, Talk
from voxhumana.assistant.turn import Turn
from voxhumana.audio.backends import choose, resolve
from voxhumana.audio.device import Backend, DeviceInfo, Sink, Source
from voxhumana.audio.echo import EchoCanceller
from voxhumana.audio.file import check_writable
from voxhumana.audio.file_device import FileBackend
from voxhumana.audio.pushed import Pushed
from voxhumana.audio.resample import Resample
from voxhumana.config import Settings
from voxhumana.dialogue import Mimic, Responder, Speaker
from voxhumana.engine import Block, Stream
from voxhumana.errors import UsageError
from voxhumana.library.shelf import Shelf
from voxhumana.speak.voiced import Voiced
from voxhumana.voice import Voice

RATE_HZ = 48_000
"""Asked of devices; files have their own."""

MANNER = (
    "You are talking aloud with a friend. Answer in one or two short sentences, as people speak: "
    "no lists, no markdown, no emoji, no code."
)
"""Part of every persona: what is read well is not what sounds well."""


def voiced(settings: Settings, voice: Voice, rate_hz: int) -> Speaker:
    """The speaker of the settings, in this voice, at this rate.

    Raises:
        UsageError: There is no such engine.
        VoxError: The voice has nothing for it.
    """
    speaker = registry.load_speaker(settings.tts, settings.device)
    if isinstance(speaker, Mimic) and speaker.takes_on(voice):
        return Voiced(speaker, None, rate_hz)
    engine = next((name for name in voice.engines if name in registry.converter_names()), None)
    return Voiced(speaker, registry.load_converter(engine) if engine else None, rate_hz)


def talk(settings: Settings, tell: Callable[[Note], None], deaf: Callable[[], bool] = lambda: False) -> Talk:
    """A conversation, its engines loaded and warm.

    Args:
        settings: What it is made of.
        tell: Takes its notes.
        deaf: Whether the microphone is not to be heard now.

    Raises:
        VoxError: A device or an engine cannot be had.
    """
    registry.check_talk(settings)  # words before devices, devices before weights
    voice = Shelf(settings.data_dir).find(settings.voice)
    history = History(persona(voice))
    with ExitStack() as stack:
        source, open_sink = _devices(settings)  # before the engines: a wrong name is told at once
        stack.callback(source.close)
        transcriber, detector = registry.load_transcriber(settings.stt), registry.load_detector("silero")
        responder = registry.load_responder(settings)
        stack.callback(responder.close)
        with closing(responder.reply(history.with_user("Hello."))) as greeting:
            next(greeting, None)  # the persona is read once, now
        sink = open_sink()
        speaker = voiced(settings, voice, sink.rate_hz)
        ears = Ears(
            near=Resample(source.rate_hz, detector.rate_hz).open(),
            far=Resample(sink.rate_hz, detector.rate_hz).open(),
            echo=EchoCanceller() if settings.echo else None,
            activities=detector.open(),
            hop=detector.hop,
        )
        stack.pop_all()  # from here on the conversation closes them

    def open_speech() -> Stream[str, Block]:
        return speaker.open(voice)

    def open_drafter(news: Callable[[News], None]) -> Drafter:
        judge, speculate = ending(responder), settings.speculation
        return Drafter(transcriber, judge, responder, open_speech, sink.rate_hz, news, speculate=speculate)

    turn = Turn(eager=settings.speculation)
    return Talk(Pushed(source, deaf), sink, ears, open_drafter, history, tell, turn)


def persona(voice: Voice) -> str:
    """The system message of a voice."""
    return f"You are {voice.title}. {voice.character} {MANNER}"


def ending(responder: Responder) -> Ending:
    """What judges whether words are whole: the language model, where it can, else the words alone."""
    judge: Ending | None = getattr(responder, "complete", None)
    return judged(judge) if judge else by_words


def _devices(settings: Settings) -> tuple[Source, Callable[[], Sink]]:
    """Open the microphone, and find the loudspeaker: what it returns opens it."""
    words = (settings.input, settings.speakers)
    if "virtual" in words:
        raise UsageError("The virtual microphone is for `vox live`; talk through a device, or file:PATH.")
    files = FileBackend()
    backend: Backend = files if all(word.startswith("file:") for word in words) else choose()
    listed = backend.devices()
    speak, speakers = _reach(settings.speakers, "output", files, backend, listed)
    if speak is files:
        check_writable(Path(speakers))
    hear, microphone = _reach(settings.input, "input", files, backend, listed)
    source = hear.open_source(microphone, RATE_HZ, settings.frames)
    return source, lambda: speak.open_sink(speakers, RATE_HZ, settings.frames)


def _reach(
    word: str, direction: str, files: Backend, backend: Backend, listed: Sequence[DeviceInfo]
) -> tuple[Backend, str]:
    if word.startswith("file:"):
        return files, word.removeprefix("file:")
    return backend, resolve(word, direction, listed).address
