"""The knobs as a face sees them: what keys and hotkeys do, turned into commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voxhumana.channel import Bypass, Command, Monitor, Mute, Pitch, Stop, Switch

PITCH_LIMIT = 24.0
"""Semitones, up and down."""

KEYS = {
    "m": "mute",
    "b": "bypass",
    "n": "next_voice",
    "right": "next_voice",
    "p": "previous_voice",
    "left": "previous_voice",
    "+": "pitch_up",
    "=": "pitch_up",
    "up": "pitch_up",
    "-": "pitch_down",
    "down": "pitch_down",
    "h": "monitor",
    "q": "quit",
} | {str(n): f"voice_{n}" for n in range(1, 10)}
"""Key -> action."""

HELP = "m mute   b bypass   n/p voice   1-9 voice   +/- pitch   h hear yourself   q quit"


class Desk:
    """Where the knobs stand, and how they are turned.

    Args:
        send: Takes commands.
        voices: The shelf, in the order in which keys walk it.
        voice: Who speaks first.
        pitch_semitones: Where pitch stands.
        monitor: The device on which to hear oneself; `default` when None is set.
    """

    def __init__(
        self,
        send: Callable[[Command], None],
        voices: Sequence[str],
        voice: str,
        pitch_semitones: float,
        monitor: str | None,
    ) -> None:
        self.pitch_semitones = pitch_semitones
        self.muted = False
        self.bypassed = False
        self.monitoring = monitor is not None
        self._send = send
        self._voices = voices
        self._wanted = voice
        self._monitor = monitor or "default"

    def do(self, action: str) -> None:
        """Carry out an action that a key or a hotkey names."""
        match action:
            case "mute":
                self.mute(not self.muted)
            case "bypass":
                self.bypassed = not self.bypassed
                self._send(Bypass(on=self.bypassed))
            case "next_voice":
                self._step(1)
            case "previous_voice":
                self._step(-1)
            case "pitch_up":
                self._shift(1)
            case "pitch_down":
                self._shift(-1)
            case "monitor":
                self.monitoring = not self.monitoring
                self._send(Monitor(device=self._monitor if self.monitoring else None))
            case "quit":
                self._send(Stop())
            case _ if action.startswith("voice_"):
                self._choose(int(action.removeprefix("voice_")) - 1)

    def mute(self, on: bool) -> None:
        """Say nothing, or speak."""
        self.muted = on
        self._send(Mute(on=on))

    def _step(self, by: int) -> None:
        at = self._voices.index(self._wanted) if self._wanted in self._voices else -by
        self._choose((at + by) % len(self._voices))

    def _choose(self, index: int) -> None:
        if index < len(self._voices):
            self._wanted = self._voices[index]
            self._send(Switch(voice=self._wanted))

    def _shift(self, by: float) -> None:
        self.pitch_semitones = max(-PITCH_LIMIT, min(PITCH_LIMIT, self.pitch_semitones + by))
        self._send(Pitch(semitones=self.pitch_semitones))
