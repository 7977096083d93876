"""What a voice says for the `rvc` engine."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

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
