"""The grammar of `/v1/convert`, one class a message; docs/REALTIME.md says it in order.

server   session.created (session.updated | sound | session.meters | error | ...)*
client   (session.update | sound | input_audio_buffer.clear | input_audio_buffer.commit)*
sound    a binary frame of PCM16, or input_audio_buffer.append / response.output_audio.delta
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

RATES = (8_000, 16_000, 24_000, 32_000, 44_100, 48_000)


def _known(rate_hz: int) -> int:
    if rate_hz not in RATES:
        raise ValueError(f"choose one of {', '.join(map(str, RATES))}")
    return rate_hz


Rate: TypeAlias = Annotated[int, AfterValidator(_known)]


class Knobs(BaseModel):
    """A conversion session, as `session.update` sets it; what is not named stays as it was."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["conversion"] = "conversion"
    voice: str | None = Field(default=None, max_length=64)
    """Of /v1/audio/voices; null = the server's own choice."""
    engine: str | None = Field(default=None, max_length=64)
    """Conversion engine; null = the voice's preferred one."""
    pitch_semitones: float = Field(default=0.0, ge=-24, le=24)
    """On top of the voice's own."""
    rate_hz: Rate = 24_000
    """Of the sound in both directions; changing it begins anew."""
    block_ms: int = Field(default=10, ge=2, le=100)
    """The path works in blocks of this; a multiple of what is sent at a time is best."""
    gate_db: float = Field(default=-55.0, ge=-120, le=0)
    """Noise gate, dBFS; -120 = off."""
    denoise: bool = True
    """Noise suppression, 7 ms; changing it begins anew."""
    muted: bool = False
    bypassed: bool = False
    """Hear the sound as it came, as late as the converted one."""
    meters_ms: int = Field(default=0, ge=0, le=10_000)
    """Time between two `session.meters`; 0 = none."""

    @property
    def frames(self) -> int:
        """Samples a block."""
        return max(1, self.rate_hz * self.block_ms // 1000)


class ClientEvent(BaseModel):
    """What every message of the client has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_id: str | None = Field(default=None, max_length=512)
    """The client's own; an `error` names it."""


class SessionUpdate(ClientEvent):
    """Turn knobs; answered with `session.updated`, or `error`."""

    type: Literal["session.update"]
    session: dict[str, Any]
    """Some of `Knobs`."""


class Append(ClientEvent):
    """Sound, when it is not sent as a binary frame; the answer is then of this kind too."""

    type: Literal["input_audio_buffer.append"]
    audio: str
    """PCM16 little-endian, mono, base64."""


class Clear(ClientEvent):
    """Forget the sound that waits to be converted; answered with `input_audio_buffer.cleared`."""

    type: Literal["input_audio_buffer.clear"]


class Commit(ClientEvent):
    """The sound ends here: all that the path holds back is sent, then `response.output_audio.done`."""

    type: Literal["input_audio_buffer.commit"]


Message: TypeAlias = Annotated[SessionUpdate | Append | Clear | Commit, Field(discriminator="type")]
MESSAGE: TypeAdapter[SessionUpdate | Append | Clear | Commit] = TypeAdapter(Message)
