"""What a voice says for an engine: `voice.engines[name]` -> the engine's own settings, checked."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from voxhumana.errors import VoxError
from voxhumana.voice import Voice

Settings = TypeVar("Settings", bound=BaseModel)


def settings_of(kind: type[Settings], voice: Voice | None, engine: str, without: str) -> Settings:
    """The voice's settings for an engine.

    Args:
        kind: The engine's settings.
        voice: Whose.
        engine: The engine's name.
        without: What to say of a voice that has none.

    Raises:
        VoxError: It has none, or some that cannot be meant.
    """
    if voice is None or engine not in voice.engines:
        raise VoxError(without)
    try:
        return kind.model_validate(voice.engines[engine])
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        why = first["msg"].lower()
        raise VoxError(
            f"The voice '{voice.name}' has a setting '{where}' for {engine} that is wrong: {why}."
        ) from error
