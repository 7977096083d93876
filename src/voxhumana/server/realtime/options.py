"""What a session of `/v1/realtime` may be told by `session.update`, in today's words and in the beta's.

What we have no use for is taken and shown again, so that programs go on; what nobody knows is refused.
Source: the types of the official `openai` client, 2.36 to 2.54 (`types/realtime`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from voxhumana.server.pcm import A_LAW, MU_LAW, PCM16, Codec

PCM_HZ, G711_HZ = 24_000, 8_000
"""Rates that the protocol knows."""

CODECS: dict[str, Codec] = {"audio/pcm": PCM16, "audio/pcmu": MU_LAW, "audio/pcma": A_LAW}


class Strict(BaseModel):
    """Frozen, and nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Format(Strict):
    """Of sound."""

    type: Literal["audio/pcm", "audio/pcmu", "audio/pcma"] = "audio/pcm"
    rate: Literal[24000, 8000] | None = None

    @property
    def codec(self) -> Codec:
        """How it travels."""
        return CODECS[self.type]

    @property
    def rate_hz(self) -> int:
        """Its rate."""
        return PCM_HZ if self.type == "audio/pcm" else G711_HZ


class TurnDetection(Strict):
    """Who decides that a turn is over: we do, or, where this is null, the client by `commit`.

    Our turn machine decides by words and silence; OpenAI's numbers are taken and not used.
    """

    type: Literal["server_vad", "semantic_vad"] = "server_vad"
    create_response: bool = True
    interrupt_response: bool = True
    threshold: float | None = None
    prefix_padding_ms: int | None = None
    silence_duration_ms: int | None = None
    idle_timeout_ms: int | None = None
    eagerness: str | None = None


class Transcription(Strict):
    """Whether `...input_audio_transcription.completed` is sent; null = no."""

    model: str | None = None
    language: str | None = None
    prompt: str | None = None
    delay: Any = None
    languages: Any = None


class AudioIn(Strict):
    """What is heard."""

    format: Format = Format()
    transcription: Transcription | None = Transcription()
    turn_detection: TurnDetection | None = TurnDetection()
    noise_reduction: Any = None


class VoiceId(Strict):
    """A voice, as OpenAI names custom ones."""

    id: str = Field(max_length=64)


class AudioOut(Strict):
    """What is said."""

    format: Format = Format()
    voice: Annotated[str, Field(max_length=64)] | VoiceId | None = None
    """Of /v1/audio/voices; null = the server's own choice."""
    speed: float = Field(default=1.0, ge=0.25, le=1.5)
    """Taken, and not used."""

    @property
    def voice_name(self) -> str | None:
        """The word for it."""
        return self.voice.id if isinstance(self.voice, VoiceId) else self.voice


class Audio(Strict):
    """Both."""

    input: AudioIn = AudioIn()
    output: AudioOut = AudioOut()


class Tool(Strict):
    """A function that the client offers."""

    type: Literal["function"] = "function"
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str = Field(default="", max_length=4_096)
    parameters: dict[str, Any] = Field(default_factory=dict)
    """JSON schema."""
    strict: Any = None


class Choice(Strict):
    """This function, and no other."""

    type: Literal["function"]
    name: str


Modality: TypeAlias = Literal["text", "audio"]
ToolChoice: TypeAlias = Literal["auto", "none", "required"] | Choice


class Options(Strict):
    """A session."""

    type: Literal["realtime"] = "realtime"
    model: str | None = Field(default=None, max_length=256)
    instructions: str | None = Field(default=None, max_length=16_384)
    """The system message; null = the voice's own persona."""
    output_modalities: list[Modality] = Field(default=["audio"], min_length=1, max_length=2)
    audio: Audio = Audio()
    tools: list[Tool] = Field(default=[], max_length=64)
    tool_choice: ToolChoice = "auto"
    max_output_tokens: int | Literal["inf"] | None = None
    temperature: float | None = None
    parallel_tool_calls: bool | None = None
    include: Any = None
    prompt: Any = None
    reasoning: Any = None
    tracing: Any = None
    truncation: Any = None

    @property
    def speaks(self) -> bool:
        """Whether replies sound."""
        return "audio" in self.output_modalities


class ResponseOptions(Strict):
    """What `response.create` may change for one response."""

    instructions: str | None = Field(default=None, max_length=16_384)
    output_modalities: list[Modality] | None = Field(default=None, min_length=1, max_length=2)
    tools: list[Tool] | None = Field(default=None, max_length=64)
    tool_choice: ToolChoice | None = None
    metadata: dict[str, str] | None = Field(default=None, max_length=16)
    conversation: Literal["auto"] | None = None
    """Only the session's own: a response outside of it (`none`) is refused."""
    audio: Any = None
    voice: Any = None
    output_audio_format: Any = None
    modalities: list[Modality] | None = None
    max_output_tokens: Any = None
    max_response_output_tokens: Any = None
    temperature: float | None = None
    parallel_tool_calls: Any = None
    reasoning: Any = None


BETA_FORMATS = {
    "pcm16": {"type": "audio/pcm", "rate": PCM_HZ},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}


def update(options: Options, some: Mapping[str, Any]) -> Options:
    """`options` with what `some` names changed.

    Raises:
        ValidationError: A name nobody knows, or a value out of range.
    """
    return Options.model_validate(_laid(options.model_dump(), of_today(some)))


def of_today(some: Mapping[str, Any]) -> dict[str, Any]:
    """The beta's flat names as those of today; others stay."""
    new: dict[str, Any] = {}
    for name, value in some.items():
        match name:
            case "modalities":
                new["output_modalities"] = (
                    ["audio"] if isinstance(value, list) and "audio" in value else value
                )
            case "input_audio_format" | "output_audio_format":
                known = BETA_FORMATS.get(str(value), {"type": value})
                _put(new, known, "audio", name.split("_")[0], "format")
            case "turn_detection":
                _put(new, value, "audio", "input", "turn_detection")
            case "input_audio_transcription":
                _put(new, value, "audio", "input", "transcription")
            case "input_audio_noise_reduction":
                _put(new, value, "audio", "input", "noise_reduction")
            case "voice" | "speed":
                _put(new, value, "audio", "output", name)
            case "max_response_output_tokens":
                new["max_output_tokens"] = value
            case _:
                new[name] = _laid(new.get(name), value) if isinstance(value, Mapping) else value
    return new


def _put(into: dict[str, Any], value: object, *path: str) -> None:
    for name in path[:-1]:
        into = into.setdefault(name, {})
    into[path[-1]] = value


def _laid(under: Any, over: Any) -> Any:  # noqa: ANN401  # JSON
    """`over` on `under`, object by object; tools and other lists are replaced whole."""
    if not isinstance(over, Mapping):
        return over
    base = dict(under) if isinstance(under, Mapping) else {}
    return base | {name: _laid(base.get(name), value) for name, value in over.items()}
