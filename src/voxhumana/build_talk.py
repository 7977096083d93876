"""The wiring of a conversation: settings -> devices, ears, engines, voice -> the path of `assistant.talk`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from voxhumana import registry
from voxhumana.assistant.abilities import Timers, change_voice, clock, forget, remember
from voxhumana.assistant.diary import Diary
from voxhumana.assistant.drafter import Drafter, News
from voxhumana.assistant.ears import Ears
from voxhumana.assistant.ending import Ending, Judge, by_words, judged
from voxhumana.assistant.history import History
from voxhumana.assistant.mouth import Mouth
from voxhumana.assistant.notes import Note, Notice
from voxhumana.assistant.talk import Talk
from voxhumana.assistant.timing import TurnTiming
from voxhumana.assistant.tools import plugged
from voxhumana.assistant.turn import Turn
from voxhumana.audio.backends import choose, resolve
from voxhumana.audio.device import Backend, DeviceInfo, Sink, Source
from voxhumana.audio.echo import EchoCanceller
from voxhumana.audio.file import check_writable
from voxhumana.audio.file_device import FileBackend
from voxhumana.audio.pushed import Pushed
from voxhumana.audio.resample import Resample
from voxhumana.cast import Cast, Told, persona
from voxhumana.ceiling import Ceiling
from voxhumana.config import Settings
from voxhumana.dialogue import Detector, Responder, Transcriber
from voxhumana.errors import UsageError
from voxhumana.library.memory import Memory
from voxhumana.library.shelf import Shelf
from voxhumana.listen.hiss import HissStream
from voxhumana.meter import Level

RATE_HZ = 48_000
"""Asked of devices; files have their own."""
FRAMES = 480
"""Least of a block: 10 ms, as the echo canceller works; half as many wake-ups as with 256, for 5 ms."""


@dataclass(frozen=True)
class Scene:
    """A conversation, and what a face needs of it besides its notes."""

    talk: Talk
    cast: Cast
    heard: Level
    """Of the microphone."""
    played: Level
    """Of the loudspeaker."""


def talk(settings: Settings, tell: Callable[[Note], None], deaf: Callable[[], bool] = lambda: False) -> Talk:
    """The conversation of a `scene`."""
    return scene(settings, tell, deaf).talk


def scene(
    settings: Settings,
    tell: Callable[[Note], None],
    deaf: Callable[[], bool] = lambda: False,
    devices: tuple[Source, Callable[[], Sink]] | None = None,
) -> Scene:
    """A conversation, its engines loaded and warm.

    Args:
        settings: Of devices, engines, voice and memory.
        tell: Takes notes on the path's thread, and a `Notice` of a failing memory on its own; must not wait.
        deaf: Whether the microphone is not to be heard now.
        devices: A microphone, and what opens a loudspeaker, instead of the settings'.

    Raises:
        VoxError: A device or an engine cannot be had.
    """
    registry.check_talk(settings)  # words before devices, devices before weights
    shelf = Shelf(settings.data_dir)
    voice = shelf.find(settings.voice)
    with ExitStack() as stack:
        source, open_sink = devices or _devices(settings)  # before the engines: a wrong name is told at once
        stack.callback(source.close)
        memory = Memory(settings.data_dir) if settings.memory else None
        after = ExitStack()
        if memory:
            stack.callback(memory.close)
            after.callback(memory.close)
        facts = memory.facts if memory else list[str]
        history = History(persona(voice, facts()), budget=settings.history_chars)
        transcriber, detector = _ears(settings)
        ceiling = Ceiling(settings.memory_mb)
        ceiling.check(f"the speech recogniser `{settings.stt}`")
        responder = registry.load_responder(settings)
        stack.callback(responder.close)
        ceiling.check(f"the language model `{settings.llm}`")
        with closing(responder.reply(history.with_user("Hello."))) as greeting:
            next(greeting, None)  # the persona is read once, now
        sink = open_sink()
        cast = Cast(settings, shelf, voice, sink.rate_hz, facts)
        ceiling.check(f"the speech engine `{settings.tts}`")
        ears = Ears(
            near=Resample(source.rate_hz, detector.rate_hz).open(),
            far=Resample(sink.rate_hz, detector.rate_hz).open(),
            echo=EchoCanceller() if settings.echo else None,
            activities=detector.open(),
            hop=detector.hop,
            hisses=HissStream(),
        )
        stack.pop_all()  # from here on the conversation closes them

    timers = Timers(lambda text: conversation.announce(text))  # noqa: PLW0108  # made below
    after.callback(timers.close)
    tools = [clock(), timers.tool(), *plugged()]
    names = [each.name for each in shelf]
    tools.append(change_voice(cast.change, names))
    if memory:
        told = Told(memory, cast)
        tools += [remember(told), forget(told)]
        engines = {"stt": settings.stt, "llm": settings.llm, "tts": settings.tts}
        diary = Diary(memory, voice.name, engines, lambda sentence: tell(Notice(sentence)))
        after.callback(diary.close)

    def note(what: Note) -> None:
        if memory and isinstance(what, TurnTiming):
            diary.note(what.report())
        tell(what)

    def open_drafter(news: Callable[[News], None]) -> Drafter:
        return Drafter(
            transcriber,
            by_words if settings.ending == "words" else ending(responder),
            responder,
            cast.open,
            sink.rate_hz,
            news,
            speculate=settings.speculation,
            tools=tools,
        )

    turn = Turn(eager=settings.speculation, openings=settings.openings)
    heard, played = Level(), Level()
    microphone = Pushed(source, deaf, lambda block: heard.add(block, source.rate_hz))
    mouth = Mouth(sink.rate_hz, lambda block: played.add(block, sink.rate_hz))
    conversation = Talk(
        microphone,
        sink,
        ears,
        open_drafter,
        history,
        note,
        turn,
        mouth=mouth,
        opening=cast.opening,
    )
    cast.recast = conversation.recast
    conversation.closing.push(after.pop_all())
    return Scene(conversation, cast, heard, played)


def ending(responder: Responder) -> Ending:
    """What judges whether words are whole: the language model, where it can, else the words alone."""
    judge: Judge | None = getattr(responder, "complete", None)
    return judged(judge) if judge else by_words


def _ears(settings: Settings) -> tuple[Transcriber, Detector]:
    return registry.load_transcriber(settings.stt, settings.hearing_threads), registry.load_detector("silero")


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
    frames = max(settings.frames, FRAMES)
    source = hear.open_source(microphone, RATE_HZ, frames)
    return source, lambda: speak.open_sink(speakers, RATE_HZ, frames)


def _reach(
    word: str, direction: str, files: Backend, backend: Backend, listed: Sequence[DeviceInfo]
) -> tuple[Backend, str]:
    if word.startswith("file:"):
        return files, word.removeprefix("file:")
    return backend, resolve(word, direction, listed).address
