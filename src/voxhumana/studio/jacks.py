"""The devices that pages are offered, and the check that they ask for nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from voxhumana.audio import backends
from voxhumana.build import VIRTUAL
from voxhumana.config import Settings
from voxhumana.errors import UsageError, VoxError


@dataclass(frozen=True)
class Jack:
    """Something to plug into."""

    word: str
    """What the settings call it."""
    label: str
    """What people read."""


@dataclass(frozen=True)
class Offer:
    """Everything to plug into."""

    inputs: list[Jack] = field(default_factory=list)
    outputs: list[Jack] = field(default_factory=list)
    problem: str = ""
    """Why there are no devices; one sentence."""


class Jacks:
    """Looks for devices, each time anew: they come and go.

    Args:
        settings: Their own devices, files among them, are always on offer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def offer(self) -> Offer:
        """What there is now; takes some tens of milliseconds."""
        settings = self._settings
        inputs = {settings.input: _label(settings.input)}
        outputs = {
            word: _label(word) for word in (settings.output, settings.speakers, settings.monitor) if word
        }
        problem = ""
        try:
            found = backends.choose().devices()
        except VoxError as error:
            problem = str(error)
        else:
            inputs["default"] = _label("default")
            outputs |= {VIRTUAL: _label(VIRTUAL), "default": _label("default")}
            for device in found:
                if not device.virtual:
                    (inputs if device.direction == "input" else outputs).setdefault(device.name, device.name)
        return Offer(_jacks(inputs), _jacks(outputs), problem)

    def check(self, word: str, direction: Literal["input", "output"]) -> None:
        """Let pass what is on offer.

        Raises:
            UsageError: It is not.
        """
        offer = self.offer()
        if not any(jack.word == word for jack in (offer.inputs if direction == "input" else offer.outputs)):
            raise UsageError(f"There is no {direction} '{word}' now; choose another, or plug it in.")


def _jacks(labels: dict[str, str]) -> list[Jack]:
    return [Jack(word, label) for word, label in labels.items()]


def _label(word: str) -> str:
    if word == VIRTUAL:
        return "Virtual microphone (calls hear it)"
    if word == "default":
        return "The system's default"
    return word.removeprefix("file:").rsplit("/", 1)[-1] + " (file)" if word.startswith("file:") else word
