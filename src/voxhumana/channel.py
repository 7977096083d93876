"""The typed channel between a face and the audio process: one JSON object a line, over two pipes.

    face  -> audio   Start (Switch | Pitch | Gate | Mute | Bypass | Monitor)* Stop
    audio -> face    (Started (Meters | Switched | Notice | Lost | Back)*)? Failed? Stopped

The end of the face's pipe means Stop, so the audio process never outlives its face. `Lost` and `Back`
alternate. Commands are obeyed in order; nothing answers them but the sound, `Switched` and `Notice`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from voxhumana.config import Settings
from voxhumana.errors import VoxError
from voxhumana.meter import Cost, StageLatency


class Message(BaseModel):
    """What every line has: a `type` that names its class."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def line(self) -> bytes:
        """The message as it travels."""
        return self.model_dump_json().encode() + b"\n"


class Start(Message):
    """Open the devices, warm the voice, and let it speak."""

    type: Literal["start"] = "start"
    settings: Settings


class Switch(Message):
    """Speak in another voice, without a gap; `Switched` or `Notice` follows."""

    type: Literal["switch"] = "switch"
    voice: str
    engine: str | None = None
    """None = the voice's preferred one."""


class Pitch(Message):
    """Shift on top of the voice's own pitch."""

    type: Literal["pitch"] = "pitch"
    semitones: float = Field(ge=-24, le=24)


class Gate(Message):
    """Move the gate's threshold."""

    type: Literal["gate"] = "gate"
    threshold_db: float = Field(ge=-120, le=0)
    """dBFS; -120 = off."""


class Mute(Message):
    """Fade the output to silence, or back."""

    type: Literal["mute"] = "mute"
    on: bool


class Bypass(Message):
    """Let the dry voice through, or the converted one."""

    type: Literal["bypass"] = "bypass"
    on: bool


class Monitor(Message):
    """Hear oneself on a second output."""

    type: Literal["monitor"] = "monitor"
    device: str | None
    """None = off."""


class Stop(Message):
    """Play what is queued and end."""

    type: Literal["stop"] = "stop"


class Started(Message):
    """The path runs."""

    type: Literal["started"] = "started"
    input: str
    output: str
    voice: str
    engine: str
    rate_hz: int
    """Of the input device."""
    frames: int
    """Samples a block of the input device."""
    priority: str
    """What the system allowed the audio thread: `fifo`, `high` or `normal`."""
    ledger: list[StageLatency]


class Switched(Message):
    """Another voice speaks now."""

    type: Literal["switched"] = "switched"
    voice: str
    engine: str
    ledger: list[StageLatency]


class Meters(Message):
    """The numbers of this moment, 60 times a second."""

    type: Literal["meters"] = "meters"
    in_db: float
    """Peak of the microphone, dBFS, falling 12 dB a second."""
    out_db: float
    """The same of what is sent."""
    cost: Cost
    backlog_ms: float
    """Sound written and not yet played."""
    dropped_ms: float
    """Sound thrown away since the start, at either end, to keep the delay bounded."""
    underruns: int
    """Times the output found nothing to play."""
    drift_ppm: float
    """How much faster the input's clock runs than the output's, parts per million."""


class Notice(Message):
    """Something the user should know; the path goes on."""

    type: Literal["notice"] = "notice"
    text: str


class Lost(Message):
    """A device went away; the path waits for it."""

    type: Literal["lost"] = "lost"
    text: str


class Back(Message):
    """The devices are back, and so is the sound."""

    type: Literal["back"] = "back"
    text: str


class Failed(Message):
    """The path cannot run."""

    type: Literal["failed"] = "failed"
    text: str
    exit_code: int


class Stopped(Message):
    """The last line."""

    type: Literal["stopped"] = "stopped"
    report: dict[str, Any]
    """`meter.report` of the whole run; empty when it never started."""


Command: TypeAlias = Annotated[
    Start | Switch | Pitch | Gate | Mute | Bypass | Monitor | Stop, Field(discriminator="type")
]
Report: TypeAlias = Annotated[
    Started | Switched | Meters | Notice | Lost | Back | Failed | Stopped, Field(discriminator="type")
]
_Any = TypeVar("_Any")
_COMMANDS: TypeAdapter[Command] = TypeAdapter(Command)
_REPORTS: TypeAdapter[Report] = TypeAdapter(Report)


def parse_command(line: bytes) -> Command:
    """Read a line from the face.

    Raises:
        VoxError: It is not a command.
    """
    return _parse(_COMMANDS, line)


def parse_report(line: bytes) -> Report:
    """Read a line from the audio process.

    Raises:
        VoxError: It is not a report.
    """
    return _parse(_REPORTS, line)


def _parse(kind: TypeAdapter[_Any], line: bytes) -> _Any:
    try:
        return kind.validate_json(line)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise VoxError(f"The other side said {line[:80]!r}, which is no message: {reason}.") from error
