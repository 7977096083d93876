"""A real audio process from the fake microphone to the virtual one, bare of all stages, and what it says."""

import threading
from contextlib import contextmanager

import psutil

from sound_server import wait_until
from voxhumana.audio import backends
from voxhumana.bench.delay import Route, measure
from voxhumana.channel import Back, Failed, Lost, Meters
from voxhumana.config import Settings
from voxhumana.process.client import audio_process

SETTINGS = Settings(input="fakemic.monitor", output="virtual", engine="identity", denoise=False, gate_db=-120)
MICROPHONE = "vox_humana_microphone"


class LivePath:
    """What a face sees of it."""

    def __init__(self, audio):
        self.meters = None
        self.said = []
        self.process = psutil.Process(audio.pid)
        self.send = audio.send
        threading.Thread(target=self._follow, args=(audio.reports(),), daemon=True).start()

    def _follow(self, reports):
        for report in reports:
            if isinstance(report, Meters):
                self.meters = report
            elif isinstance(report, Lost | Back | Failed):
                self.said.append(report)

    def wait_for(self, kind):
        """Wait until the last thing said is of this kind; returns what was said."""
        wait_until(lambda: self.said and isinstance(self.said[-1], kind), kind.__name__, 5)
        return self.said[-1].text


@contextmanager
def live_path(settings=SETTINGS):
    """A path that runs."""
    with audio_process(settings) as audio:
        path = LivePath(audio)
        wait_until(lambda: path.meters or path.said, "the path runs", 30)
        assert not path.said, path.said
        yield path


def delay_ms(bursts=15):
    """The median delay from the fake to the virtual microphone."""
    route = Route("fakemic", "fakemic.monitor", MICROPHONE)
    return measure(backends.choose(), backends.choose(), route, SETTINGS.frames, bursts).median_ms
