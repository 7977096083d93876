"""What a voice file may say to the crafted voices, and the sentence that refuses the rest."""

from __future__ import annotations

import difflib
from typing import Annotated

from pydantic import Field, ValidationError

from voxhumana.convert.dsp.chorus import ChorusSettings
from voxhumana.convert.dsp.glottis import Folds
from voxhumana.convert.dsp.radio import RadioSettings
from voxhumana.convert.dsp.ring import RingSettings
from voxhumana.convert.dsp.room import RoomSettings
from voxhumana.convert.dsp.timbre import Mouth
from voxhumana.errors import VoxError
from voxhumana.voice import Voice

EffectSettings = Annotated[
    RadioSettings | RoomSettings | ChorusSettings | RingSettings, Field(discriminator="kind")
]


class DspSettings(Folds, Mouth):
    """A crafted voice: folds, mouth, and effects in the order in which they are heard."""

    gain_db: float = Field(default=0.0, ge=-24, le=24)
    """Level change, to bring all voices to one loudness."""
    effects: tuple[EffectSettings, ...] = Field(default=(), max_length=8)


def settings_of(voice: Voice | None, engine: str) -> DspSettings:
    """What `voice` asks of the crafted voices; without a voice, nothing is changed.

    Raises:
        VoxError: It says nothing of this engine, or something that cannot be meant.
    """
    if voice is None:
        return DspSettings()
    if engine not in voice.engines:
        has = ", ".join(voice.engines) or "none"
        raise VoxError(
            f"The voice '{voice.name}' has nothing for the engine '{engine}'; it speaks with: {has}."
        )
    try:
        return DspSettings.model_validate(voice.engines[engine])
    except ValidationError as error:
        raise VoxError(_sentence(voice.name, error)) from error


def _sentence(name: str, error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(first["loc"][-1]), DspSettings.model_fields, n=1)
        hint = f"did you mean '{near[0]}'" if near else "known are: " + ", ".join(DspSettings.model_fields)
        return f"The voice '{name}' sets '{where}', which the engine 'dsp' does not know; {hint}?"
    return f"The voice '{name}' cannot set '{where}' to {first.get('input')!r}: {first['msg'].lower()}."
