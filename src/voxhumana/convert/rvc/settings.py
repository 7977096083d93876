"""What a voice says for the `rvc` engine."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voxhumana.errors import VoxError
from voxhumana.voice import Voice

CONTENT = {256: "vec-256-layer-9.onnx", 768: "vec-768-layer-12.onnx"}
"""Content encoders, by the names that RVC gave them, looked for when a voice names none."""


class RvcSettings(BaseModel):
    """`engines: {rvc: ...}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    """The voice's `.pth`, `.safetensors` or `.onnx`."""
    content: str = ""
    """The content encoder's `.onnx`; by default RVC's own name for the one that fits."""
    index: str = ""
    """The voice's `.index`; none by default."""
    index_rate: float = Field(default=0.5, ge=0, le=1)
    """How far what is said moves to what the voice was trained on."""
    protect: float = Field(default=0.33, ge=0, le=1)
    """The part of that for what is unvoiced, so that breath and s stay; RVC's default."""
    speaker: int = Field(default=0, ge=0, le=4095)
    """Which of the speakers in the model."""
    f0: Literal["stream", "crepe", "crepe-tiny", "fcpe", "rmvpe"] = "stream"
    """Who hears the pitch: a tracker that follows it, or a network, which waits for some of what follows."""
    f0_model: str = ""
    """The network's weights; by default those of its published names, or an installed package's."""
    seed: int = 0
    """Of the noise that makes each rendering a little different."""


def settings_of(voice: Voice | None, engine: str) -> RvcSettings:
    """The voice's settings.

    Raises:
        VoxError: It has none, or some that cannot be meant.
    """
    if voice is None or engine not in voice.engines:
        raise VoxError(
            "The rvc engine needs a voice with an RVC model; make one with `vox models add FILE.pth`."
        )
    return parse(voice.engines[engine], voice.name)


def parse(given: dict[str, Any], name: str) -> RvcSettings:
    """Check what a voice file says.

    Raises:
        VoxError: It cannot be meant.
    """
    try:
        return RvcSettings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise VoxError(
            f"The voice '{name}' has an rvc setting '{where}' that is wrong: {first['msg'].lower()}."
        ) from error
