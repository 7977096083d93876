"""One face's session in the audio process: its commands carried out on the path."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from voxhumana import build
from voxhumana.channel import (
    Bypass,
    Command,
    Gate,
    Monitor,
    Mute,
    Notice,
    Pitch,
    Report,
    Started,
    Stop,
    Switch,
)
from voxhumana.config import Settings
from voxhumana.errors import VoxError
from voxhumana.live import Controls, Live
from voxhumana.meter import report


class Session:
    """A path and what turns its knobs.

    Args:
        settings: What to open, and who speaks first.
        tell: Takes reports, on any thread; must not wait.

    Raises:
        VoxError: A device, a voice or an engine cannot be had.
    """

    def __init__(self, settings: Settings, tell: Callable[[Report], None]) -> None:
        self._settings = settings
        self._tell = tell
        self._switches = 0
        devices = build.Devices()
        build.provide(settings, lambda text: tell(Notice(text=text)))
        role = build.role(settings, settings.voice, settings.engine)
        controls = Controls(role, settings.pitch_semitones, settings.gate_db)
        self._monitor = build.monitor(settings, devices, lambda text: tell(Notice(text=text)))
        self.live = Live(build.opener(settings, devices), controls, self._monitor, tell)

    def obey(self, command: Command) -> None:
        """Carry out a command; what cannot be done is a `Notice`."""
        live = self.live
        match command:
            case Switch(voice=voice, engine=engine):
                self._switch(voice, engine)
            case Pitch(semitones=semitones):
                live.turn(pitch_semitones=semitones)
            case Gate(threshold_db=threshold):
                live.turn(gate_db=threshold)
            case Mute(on=on):
                live.turn(muted=on)
            case Bypass(on=on):
                live.turn(bypassed=on)
            case Monitor(device=device):
                self._monitor.listen(device)
            case Stop():
                live.stop()

    def started(self, priority: str) -> Started:
        """The state of things, for the face."""
        path, role = self.live.path, self.live.controls.role
        return Started(
            input=path.source.name,
            output=path.sink.name,
            voice=role.voice.name,
            engine=role.converter.name,
            rate_hz=path.source.rate_hz,
            frames=path.source.frames,
            priority=priority,
            ledger=path.ledger,
        )

    def report(self) -> dict[str, Any]:
        """The measurements of the whole run, as `--json` writes them."""
        live, meters = self.live, self.live.meters()
        role = live.controls.role
        return report(
            meters.cost,
            live.path.ledger,
            voice=role.voice.name,
            engine=role.converter.name,
            hop=role.converter.hop,
            rate_hz=live.path.source.rate_hz,
            frames=live.path.source.frames,
            underruns=meters.underruns,
            dropped_ms=meters.dropped_ms,
            drift_ppm=meters.drift_ppm,
            losses=live.losses,
            rtf=live.path.chain.rtf,
        )

    def close(self) -> None:
        """Give everything back; the path has ended."""
        self._monitor.close()
        build.release(self._settings)

    def _switch(self, voice: str, engine: str | None) -> None:
        """Open a voice, which may take a second, beside the running path; the latest wish wins."""
        self._switches += 1
        wish = self._switches

        def cast() -> None:
            try:
                role = build.role(self._settings, voice, engine)
                self.live.path.chain.prepare(role)
            except VoxError as error:
                self._tell(Notice(text=str(error)))
                return
            if wish == self._switches:
                self.live.turn(role=role)

        threading.Thread(target=cast, name="cast", daemon=True).start()
