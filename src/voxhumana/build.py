"""The sole wiring place: settings -> devices, stages, voices -> the live path."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Sequence
from functools import cached_property

from voxhumana.audio import backends, denoise, virtual_mic
from voxhumana.audio.chain import Chain, ChainStream
from voxhumana.audio.denoise import Denoise
from voxhumana.audio.device import Backend, Sink, Source
from voxhumana.audio.gate import Gate
from voxhumana.audio.guard import Guard
from voxhumana.audio.monitor import Monitor
from voxhumana.audio.resample import Resample
from voxhumana.config import Settings
from voxhumana.engine import Converter, Learner, Stage, fitted
from voxhumana.errors import UsageError, VoxError
from voxhumana.library import learning
from voxhumana.library.shelf import Shelf
from voxhumana.live import Controls, Path, Role
from voxhumana.rack import Rack, stages, turn_pitch
from voxhumana.registry import load_converter
from voxhumana.voice import Voice

RATE_HZ = 48_000
"""Asked of devices that leave it to us: what most run at, and calls carry."""

LEARNS = "native"
"""The engine that learns a voice where none is named."""

VIRTUAL = "virtual"
"""The word for the virtual microphone."""


def role(settings: Settings, voice: str, engine: str | None) -> Role:
    """A voice of the shelf and its preferred engine, or the one named; `identity` takes any voice.

    Raises:
        UsageError: There is no such voice or engine.
    """
    provide(settings)
    return played(Shelf(settings.data_dir).find(voice), engine)


def played(voice: Voice, engine: str | None, load: Callable[[str], Converter] | None = None) -> Role:
    """This voice, learned, and the engine that plays it, had from `load` if it is there; raises as `role`."""
    converter = fitted((load or load_converter)(engine or next(iter(voice.engines), LEARNS)), voice)
    return Role(learning.ready(voice, converter), converter)


def provide(settings: Settings, tell: Callable[[str], object] | None = None) -> None:
    """Let ONNX models run on what the settings say; `tell` hears where the CPU runs one instead."""
    if settings.provider != "cpu":
        from voxhumana import onnx  # noqa: PLC0415  # onnxruntime, which crafted voices do without

        onnx.choose(settings.provider)
        if tell:
            onnx.heed(tell)


def learners(engines: Sequence[str] = (LEARNS,)) -> dict[str, Learner]:
    """The engines that shall learn a voice, by name.

    Raises:
        UsageError: There is no such engine, or it takes no voice from recordings.
    """
    found: dict[str, Learner] = {}
    for engine in engines:
        converter = load_converter(engine)
        if not isinstance(converter, Learner):
            raise UsageError(f"The engine '{engine}' cannot take a voice from recordings; leave it out.")
        found[engine] = converter
    return found


def imitation(engine: str | None, recordings: Sequence[pathlib.Path]) -> Role:
    """A voice learned from recordings of one person; `native` learns it unless another engine is named.

    Raises:
        UsageError: The engine only speaks voices of the shelf.
        VoxError: There is too little to learn from.
    """
    from voxhumana.library import changes, enrolment, reference  # noqa: PLC0415  # networks and FFmpeg

    converter = load_converter(engine or LEARNS)
    if not isinstance(converter, Learner):
        raise UsageError(f"The engine '{converter.name}' cannot take a voice from recordings; use --voice.")
    sound, rate_hz = reference.load(recordings)
    changes.refuse(enrolment.assess(sound, rate_hz), anyway=True)
    speech = reference.resampled(enrolment.spoken(sound, rate_hz), rate_hz, converter.rate_hz)
    voice = Voice(
        name="imitation",
        title=recordings[0].stem,
        character="Learned from recordings",
        licence="the recordings' own",
        source=", ".join(path.name for path in recordings),
        engines={converter.name: converter.learn(speech)},
    )
    return Role(voice, converter)


def offline(
    speaking: Role, pitch_semitones: float, stream: bool
) -> Callable[[int, int], tuple[Chain, ChainStream]]:
    """What opens a chain for a file, from its rate and the samples a push.

    Args:
        speaking: In whose voice.
        pitch_semitones: On top of the voice's own.
        stream: As live does it: as much out as in at each push.
    """

    def open_chain(rate_hz: int, frames: int) -> tuple[Chain, ChainStream]:
        steps = {"guard": Guard(rate_hz), **stages(speaking.converter, rate_hz)}
        chain = Chain(steps, rate_hz, frames if stream else None)
        open_stream = chain.open(speaking.voice)
        turn_pitch(open_stream, speaking.converter, pitch_semitones)
        return chain, open_stream

    return open_chain


class Devices:
    """Opens what people name: a device, `default`, `virtual` or `file:PATH`.

    A device is looked up by what was typed once, and from then on opened where it was found: should it go
    away, nothing else takes its place, least of all another microphone.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], str] = {}

    def source(self, word: str, frames: int) -> Source:
        """Open an input.

        Raises:
            UsageError: There is none of that name.
            DeviceLostError: It is not there now.
        """
        if (path := _path(word)) is not None:
            return self._files.open_source(path, RATE_HZ, frames)
        return self._backend.open_source(self._address(word, "input"), RATE_HZ, frames)

    def sink(self, word: str, rate_hz: int, frames: int) -> Sink:
        """Open an output; `virtual` is made if need be.

        Raises:
            UsageError: There is none of that name.
            DeviceLostError: It is not there now.
            VoxError: There can be no virtual microphone; the sentence says what to install.
        """
        if (path := _path(word)) is not None:
            return self._files.open_sink(path, rate_hz, frames)
        if word == VIRTUAL:
            word = virtual_mic.ensure()
        return self._backend.open_sink(self._address(word, "output"), rate_hz, frames)

    @cached_property
    def _files(self) -> Backend:
        from voxhumana.audio.file_device import FileBackend  # noqa: PLC0415  # FFmpeg takes its time to load

        return FileBackend()

    @cached_property
    def _backend(self) -> Backend:
        return backends.choose()

    def _address(self, word: str, direction: str) -> str:
        if (word, direction) not in self._found:
            own = direction == "input" and word == VIRTUAL
            found = None if own else backends.resolve(word, direction, self._backend.devices())
            if found is None or (direction == "input" and found.virtual):
                raise UsageError(f"The input '{word}' is our own virtual microphone; choose a real one.")
            if direction == "output" and f"{found.address}.monitor" in self._found.values():
                raise UsageError(
                    f"The input hears what {found.name} plays, and would howl; choose another output."
                )
            self._found[word, direction] = found.address
        return self._found[word, direction]


def _path(word: str) -> str | None:
    return word.removeprefix("file:") if word.startswith("file:") else None


def opener(settings: Settings, devices: Devices) -> Callable[[Controls], Path]:
    """What opens the path of these settings, as often as it must."""

    def open_path(controls: Controls) -> Path:
        source = devices.source(settings.input, settings.frames)
        try:
            sink = devices.sink(settings.output, source.rate_hz, source.frames)
        except VoxError:
            source.close()
            raise
        return Path(source, Rack(front(settings, source.rate_hz), controls, source, sink), sink)

    return open_path


def front(settings: Settings, rate_hz: int) -> dict[str, Stage]:
    """What is done to the sound before any voice."""
    if not settings.denoise:
        return {"guard": Guard(rate_hz), "gate": Gate(rate_hz, settings.gate_db)}
    steps: dict[str, Stage] = {"guard": Guard(rate_hz)}
    if rate_hz not in denoise.LATENCY:
        steps["to denoise"] = Resample(rate_hz, RATE_HZ)
        rate_hz = RATE_HZ
    return {**steps, "gate": Gate(rate_hz, settings.gate_db), "denoise": Denoise(rate_hz)}


def monitor(settings: Settings, devices: Devices, warn: Callable[[str], None]) -> Monitor:
    """What plays to oneself."""
    return Monitor(lambda word: devices.sink(word, RATE_HZ, settings.frames), settings.monitor, warn)


def release(settings: Settings) -> None:
    """Take away what outlives the devices: the virtual microphone, unless somebody records from it."""
    if settings.output == VIRTUAL:
        virtual_mic.release()
