"""A private, headless PulseAudio or PipeWire with a fake microphone, for tests with real clients.

What is played into the sink `fakemic` is heard by whoever records the default source, `fakemic.monitor`.
The default sink is `speakers`. Both run at 48 kHz and are mono and stereo, respectively.
"""

import contextlib
import os
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

RATE_HZ = 48_000
PULSEAUDIO = ("pulseaudio", "pacat", "setpriv")
PIPEWIRE = ("pipewire", "wireplumber", "pipewire-pulse", "dbus-daemon", "pacat", "setpriv")


@dataclass
class Recording:
    """What a client heard: float32 [T] at `RATE_HZ`."""

    samples: np.ndarray
    start_s: float
    """`time.monotonic()` of sample 0, judged by the fragment that arrived earliest."""


class Recorder:
    """A real client (`pacat --record`) that records until stopped, and notes when each fragment came."""

    def __init__(self, source, env, latency_ms=5):
        self._process = subprocess.Popen(
            ["pacat", "--record", "--raw", f"--device={source}", *_format(latency_ms)],
            env=env,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._fragments = []
        self.start_s = float("inf")
        self._thread = threading.Thread(target=self._collect)
        self._thread.start()

    @property
    def pid(self):
        return self._process.pid

    @property
    def alive(self):
        return self._process.poll() is None

    @property
    def samples(self):
        """Everything heard so far."""
        data = b"".join(self._fragments)
        return np.frombuffer(data[: len(data) // 4 * 4], np.float32)

    def wait_until(self, heard, timeout_s=10):
        """Wait until `heard(samples)` holds."""
        wait_until(lambda: heard(self.samples), "the recording client heard it", timeout_s)

    def stop(self):
        self._process.terminate()
        self._thread.join(10)
        self._process.wait(10)
        return Recording(self.samples, self.start_s)

    def _collect(self):
        count = 0
        with self._process.stdout as pipe:
            while fragment := pipe.read(1 << 16):
                count += len(fragment)
                self.start_s = min(self.start_s, time.monotonic() - count / 4 / RATE_HZ)
                self._fragments.append(fragment)


class SoundServer:
    """One server, its environment, and what a test may do to it."""

    def __init__(self, kind, folder: Path):
        self.kind = kind
        self._folder = folder
        self._processes = []
        self._recorders = []
        self._players = []
        self._log = (folder / "server.log").open("ab")
        runtime = folder / "run"
        places = {
            "XDG_RUNTIME_DIR": runtime,
            "XDG_CONFIG_HOME": folder / "config",
            "XDG_STATE_HOME": folder / "state",
            "XDG_DATA_HOME": folder / "data",
            "PULSE_RUNTIME_PATH": runtime / "pulse",
            "PIPEWIRE_RUNTIME_DIR": runtime,
        }
        for place in places.values():
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "config/pulse").mkdir()
        # the server's own default of 44.1 kHz would make Chromium capture at that rate
        (folder / "config/pulse/daemon.conf").write_text(f"default-sample-rate = {RATE_HZ}\n")
        self.places = {name: str(place) for name, place in places.items()} | {
            "PULSE_SERVER": f"unix:{runtime}/pulse/native",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime}/bus",
        }

    @property
    def env(self):
        """The environment of a process that is to reach this server."""
        return os.environ | self.places

    # --- life ---

    def start(self):
        """Start the server and plug in the fake microphone and the speakers."""
        if self.kind == "pulseaudio":
            self._run(
                *["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"],
                "--enable-memfd=no",  # with memfd the server was once seen to abort (its bug 824)
                *["-L", "module-native-protocol-unix auth-anonymous=1"],
            )
        else:
            runtime = Path(self.places["XDG_RUNTIME_DIR"])
            for name, *command in (
                ("bus", "dbus-daemon", "--session", "--nofork", f"--address=unix:path={runtime}/bus"),
                ("pipewire-0", "pipewire"),
                (None, "wireplumber"),
                ("pulse/native", "pipewire-pulse"),
            ):
                if name:
                    (runtime / name).unlink(missing_ok=True)  # left behind by kill -9
                self._run(*command)
                if name:
                    wait_until((runtime / name).exists, f"{command[0]} listens")
        wait_until(self._answers, f"{self.kind} answers")
        self.plug("fakemic", "Fake Microphone")
        self.plug("speakers", "Speakers", channels=2)
        wait_until(self._chooses_defaults, f"{self.kind} takes its defaults")

    def kill(self):
        """`kill -9`, all of its processes, without a chance to say goodbye."""
        for process in reversed(self._processes):
            process.kill()
        for process in self._processes:
            process.wait(10)
        self._processes.clear()

    def restart(self):
        self.kill()
        self.start()

    def close(self):
        for recorder in self._recorders:
            if recorder.alive:
                recorder.stop()
        for player in self._players:
            player.kill()
            player.wait(10)
        self.kill()
        self._log.close()

    # --- devices ---

    @contextlib.contextmanager
    def pulse(self):
        """A control connection (both servers speak PulseAudio's protocol)."""
        import pulsectl  # needs libpulse, which is not everywhere where tests are collected

        with pulsectl.Pulse("tests", server=self.places["PULSE_SERVER"], connect=False) as pulse:
            pulse.connect(autospawn=False)
            yield pulse

    def plug(self, name, description, channels=1, rate_hz=RATE_HZ):
        """Add a sink called `name` whose monitor is the source `name.monitor`; returns its module's index."""
        layout = "mono" if channels == 1 else "front-left,front-right"
        return self.load_module(
            "module-null-sink",
            f"sink_name={name} rate={rate_hz} channels={channels} channel_map={layout} norewinds=1 "
            f"sink_properties=\"device.description='{description}'\"",
        )

    def unplug(self, name):
        """Remove the device that `plug` called `name`."""
        with self.pulse() as pulse:
            for module in pulse.module_list():
                if f"sink_name={name} " in (module.argument or ""):
                    pulse.module_unload(module.index)

    def load_module(self, module, arguments):
        with self.pulse() as pulse:
            return pulse.module_load(module, arguments)

    def unload_module(self, index):
        with self.pulse() as pulse:
            pulse.module_unload(index)

    def sources(self):
        """Description by name."""
        with self.pulse() as pulse:
            return {source.name: source.description for source in pulse.source_list()}

    def sinks(self):
        """Description by name."""
        with self.pulse() as pulse:
            return {sink.name: sink.description for sink in pulse.sink_list()}

    def defaults(self):
        """Names of the default source and the default sink."""
        with self.pulse() as pulse:
            info = pulse.server_info()
            return info.default_source_name, info.default_sink_name

    # --- sound ---

    def play(self, sink, samples, latency_ms=20):
        """Begin to play float32 [T] or [T, C] at `RATE_HZ` into `sink`; the process returned ends with it."""
        samples = np.asarray(samples, np.float32)
        channels = 1 if samples.ndim == 1 else samples.shape[1]
        sound = self._folder / f"play-{time.monotonic_ns()}.f32"
        sound.write_bytes(samples.tobytes())
        command = [
            "pacat",
            "--playback",
            "--raw",
            f"--device={sink}",
            *_format(latency_ms, channels),
            str(sound),
        ]
        self._players.append(subprocess.Popen(command, env=self.env))
        return self._players[-1]

    def recorder(self, source, latency_ms=5):
        """Begin to record `source` until `stop()`."""
        self._recorders.append(Recorder(source, self.env, latency_ms))
        return self._recorders[-1]

    def record(self, source, duration_s):
        """Record `source` for so long."""
        recorder = self.recorder(source)
        recorder.wait_until(lambda samples: len(samples) >= duration_s * RATE_HZ, duration_s + 10)
        return recorder.stop()

    # --- inside ---

    def _run(self, *command):
        # the kernel ends the server when the test process dies, however it dies
        command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
        self._processes.append(
            subprocess.Popen(
                command, env=self.env, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
            )
        )

    def _answers(self):
        from pulsectl import PulseError

        with contextlib.suppress(PulseError), self.pulse() as pulse:
            return pulse.server_info() is not None
        return False

    def _chooses_defaults(self):
        from pulsectl import PulseError

        # pipewire-pulse refuses until WirePlumber is up
        with contextlib.suppress(PulseError), self.pulse() as pulse:
            pulse.sink_default_set("speakers")
            pulse.source_default_set("fakemic.monitor")
        return self.defaults() == ("fakemic.monitor", "speakers")


@contextlib.contextmanager
def private_server(kind, folder):
    """A running server of this kind; the environment of this process points to it meanwhile."""
    missing = [name for name in (PULSEAUDIO if kind == "pulseaudio" else PIPEWIRE) if not shutil.which(name)]
    if missing:
        refuse = pytest.fail if os.environ.get("VOX_REQUIRE_REAL") == "1" else pytest.skip
        refuse(f"{kind} cannot be started: {', '.join(missing)} not installed")
    server = SoundServer(kind, folder)
    with contextlib.closing(server), pytest.MonkeyPatch.context() as patch:
        for name, value in server.places.items():
            patch.setenv(name, value)
        server.start()
        yield server


def wait_until(holds, what, timeout_s=10):
    """Poll `holds()` until it is true."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s} s"
        time.sleep(0.02)


def _format(latency_ms, channels=1):
    return [
        *["--format=float32le", f"--rate={RATE_HZ}", f"--channels={channels}"],
        f"--latency-msec={latency_ms}",
    ]
