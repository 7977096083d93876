"""The live session that all open pages share: where its knobs stand, and the audio process that runs it.

    page   -> booth   Go (Switch | Pitch | Gate | Mute | Bypass | Monitor)* Stop
    booth  -> page    Knobs (Knobs | Started | Meters | Switched | Notice | Lost | Back | Failed | Stopped)*

The messages are the channel's own, but for `Go` and `Knobs`. A page may choose among devices that it was
offered; it never names a path. Knobs may be turned while nothing runs: they are where the next `Go` begins.

Pages call from the web's thread; one thread a session reads what the audio process says.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from voxhumana.channel import (
    Bypass,
    Command,
    Failed,
    Gate,
    Message,
    Monitor,
    Mute,
    Pitch,
    Report,
    Started,
    Stop,
    Stopped,
    Switch,
    Switched,
)
from voxhumana.config import Settings
from voxhumana.errors import VoxError
from voxhumana.process.client import AudioProcess, audio_process
from voxhumana.studio.audience import Audience, read
from voxhumana.studio.jacks import Jacks

OFF, STARTING, LIVE = "off", "starting", "live"


class Go(Message):
    """Open the devices and speak, with the knobs as they stand."""

    type: Literal["go"] = "go"
    input: str = Field(max_length=512)
    output: str = Field(max_length=512)


class Knobs(BaseModel):
    """How things stand; every page is told whenever that changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["knobs"] = "knobs"
    state: Literal["off", "starting", "live"] = "off"
    voice: str
    input: str
    output: str
    monitor: str | None
    pitch_semitones: float
    gate_db: float
    muted: bool = False
    bypassed: bool = False


Wish: TypeAlias = Annotated[
    Go | Switch | Pitch | Gate | Mute | Bypass | Monitor | Stop, Field(discriminator="type")
]
_WISHES: TypeAdapter[Wish] = TypeAdapter(Wish)
Hear: TypeAlias = Callable[[Knobs | Report], None]
"""Takes what a page is told, on any thread; must not wait."""


def parse(text: str) -> Wish:
    """Read what a page says.

    Raises:
        UsageError: It is no message of the grammar.
    """
    return read(_WISHES, text)


class Booth:
    """One live session at a time.

    Args:
        settings: Where the knobs stand at first, and all that has no knob.
        jacks: The devices on offer.
    """

    def __init__(self, settings: Settings, jacks: Jacks) -> None:
        self._settings = settings
        self._jacks = jacks
        self._pages = Audience[Knobs | Report]()
        self._audio: AudioProcess | None = None
        self._thread: threading.Thread | None = None
        self._last: Started | Switched | None = None
        self.knobs = Knobs(
            voice=settings.voice,
            input=settings.input,
            output=settings.output,
            monitor=settings.monitor,
            pitch_semitones=settings.pitch_semitones,
            gate_db=settings.gate_db,
        )

    def join(self, hear: Hear) -> None:
        """A page looks on from now; it is told at once how things stand."""
        with self._pages.lock:
            self._pages.join(hear, [self.knobs, self._last] if self._last else [self.knobs])

    def leave(self, hear: Hear) -> None:
        """A page is gone; what is live stays live."""
        self._pages.leave(hear)

    def obey(self, wish: Wish) -> None:
        """Do as a page says; may take as long as a device list.

        Raises:
            UsageError: It asks for a device that is not there.
        """
        match wish:
            case Go(input=source, output=sink):
                self._jacks.check(source, "input")
                self._jacks.check(sink, "output")
                self._go(source, sink)
            case Stop():
                self._send(wish)
            case Switch(voice=voice):
                self._turn(wish, voice=voice)
            case Pitch(semitones=semitones):
                self._turn(wish, pitch_semitones=semitones)
            case Gate(threshold_db=threshold):
                self._turn(wish, gate_db=threshold)
            case Mute(on=on):
                self._turn(wish, muted=on)
            case Bypass(on=on):
                self._turn(wish, bypassed=on)
            case Monitor(device=device):
                if device is not None:
                    self._jacks.check(device, "output")
                self._turn(wish, monitor=device)

    def close(self) -> None:
        """End what is live, and wait until it has ended."""
        self._send(Stop())
        if self._thread:
            self._thread.join()

    def _go(self, source: str, sink: str) -> None:
        with self._pages.lock:
            if self.knobs.state != OFF:
                return
            self._set(state=STARTING, input=source, output=sink, muted=False, bypassed=False)
            self._thread = threading.Thread(
                target=self._run, args=(self._wanted(),), name="booth", daemon=True
            )
            self._thread.start()

    def _wanted(self) -> Settings:
        knobs = self.knobs
        wanted = knobs.model_dump(
            include={"voice", "input", "output", "monitor", "pitch_semitones", "gate_db"}
        )
        return self._settings.model_copy(update=wanted)

    def _run(self, settings: Settings) -> None:
        """A session, from `Go` to `Stopped`."""
        try:
            with audio_process(settings) as audio:
                with self._pages.lock:
                    self._audio = audio
                for report in audio.reports():
                    self._take(report)
        except (VoxError, OSError) as error:
            self._pages.tell(Failed(text=str(error), exit_code=1))
        finally:
            with self._pages.lock:
                self._audio = self._last = None
                self._set(state=OFF)

    def _take(self, report: Report) -> None:
        with self._pages.lock:
            match report:
                case Started():
                    self._last = report
                case Switched():
                    self._last = report
                case Failed(text=text):
                    logging.getLogger(__name__).warning("live: %s", text)
                case Stopped():
                    pass
            self._pages.tell(report)
            if isinstance(report, Started):
                self._set(state=LIVE)

    def _turn(self, command: Command, **knobs: object) -> None:
        with self._pages.lock:
            self._send(command)
            self._set(**knobs)

    def _send(self, command: Command) -> None:
        with self._pages.lock:
            if self._audio:
                self._audio.send(command)

    def _set(self, **knobs: object) -> None:
        self.knobs = self.knobs.model_copy(update=knobs)
        self._pages.tell(self.knobs)
