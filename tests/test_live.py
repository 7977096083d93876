"""The path and its supervision, on scripted devices."""

import threading

import numpy as np
import pytest

from fakes import FRAMES, RATE_HZ, FakeSink, FakeSource
from voxhumana import live
from voxhumana.channel import Back, Lost, Notice, Switched
from voxhumana.convert.identity import Identity
from voxhumana.errors import DeviceLostError, UsageError, VoxError
from voxhumana.live import Controls, Live, Path, Role
from voxhumana.meter import StageLatency
from voxhumana.voice import Voice

SOUND = np.arange(1, 10 * FRAMES + 1, dtype=np.float32) / 1000


class FakeChain:
    """Holds the last block back; notes how its knobs stand when a block comes."""

    ledger = (StageLatency("chain", 1.0),)

    def __init__(self):
        self.held = []
        self.turned = []
        self.backlogs = []

    def push(self, item):
        self.held.append(item)
        if len(self.held) > 1:
            yield self.held.pop(0)

    def flush(self):
        yield from self.held

    def turn(self, controls):
        self.turned.append(controls)

    def follow(self, backlog):
        self.backlogs.append(backlog)
        return 12.0


class FakeMonitor:
    def __init__(self):
        self.blocks = []

    def write(self, block, rate_hz):
        self.blocks.append(block)


def a_role(name="uncle"):
    voice = Voice(name=name, title=name, character="", licence="CC0-1.0", source="", engines={"identity": {}})
    return Role(voice, Identity())


class Stage:
    """Opens the given devices one after another; an exception in their place is raised."""

    def __init__(self, *openings, controls=None):
        self.openings = list(openings)
        self.paths, self.told, self.monitor = [], [], FakeMonitor()
        self.live = Live(self.open_path, controls or Controls(a_role()), self.monitor, self.tell)

    def tell(self, report):
        self.told.append(report)

    def open_path(self, controls):
        opening = self.openings.pop(0)
        if isinstance(opening, Exception):
            raise opening
        source, sink = opening
        self.paths.append(Path(source, FakeChain(), sink))
        return self.paths[-1]


@pytest.fixture(autouse=True)
def no_pause_between_looks(monkeypatch):
    monkeypatch.setattr(live, "POLL_S", 0.0)


def test_everything_heard_is_played_to_sink_and_monitor_in_order():
    stage = Stage((FakeSource(SOUND), FakeSink()))
    stage.live.run()
    assert np.array_equal(stage.paths[0].sink.played, SOUND)
    assert np.array_equal(np.concatenate(stage.monitor.blocks), SOUND[:-FRAMES])


def test_the_devices_are_given_back_when_the_input_ends():
    stage = Stage((FakeSource(SOUND), FakeSink()))
    stage.live.run()
    assert stage.paths[0].source.closed
    assert stage.paths[0].sink.closed


def test_a_device_that_cannot_be_opened_at_first_is_the_callers_to_hear():
    with pytest.raises(VoxError, match="not there"):
        Stage(DeviceLostError("The microphone is not there."))


def test_knobs_turn_at_the_next_block_and_only_when_moved():
    class Turning(FakeSource):
        def read(self):
            if len(self._sound) == 5 * FRAMES:
                stage.live.turn(muted=True)
            return super().read()

    stage = Stage((Turning(SOUND), FakeSink()))
    stage.live.run()
    assert [c.muted for c in stage.paths[0].chain.turned] == [False, True]


def test_another_voice_is_announced_with_its_latency():
    class Switching(FakeSource):
        def read(self):
            if len(self._sound) == 5 * FRAMES:
                stage.live.turn(role=a_role("aunt"))
            return super().read()

    stage = Stage((Switching(SOUND), FakeSink()))
    stage.live.run()
    assert [(type(r), r.voice, r.engine) for r in stage.told] == [(Switched, "aunt", "identity")]
    assert [row.stage for row in stage.told[0].ledger] == ["input", "chain", "output"]


@pytest.mark.parametrize(
    "first", [(FakeSource(SOUND, lost=True), FakeSink()), (FakeSource(SOUND), FakeSink(lost_after=3))]
)
def test_a_lost_device_is_announced_once_and_sound_comes_back(first):
    away, unknown = DeviceLostError("Still away."), UsageError("There is no such input.")
    stage = Stage(first, away, unknown, (FakeSource(SOUND), FakeSink()))
    stage.live.run()
    assert [type(report) for report in stage.told] == [Lost, Back]
    assert "is gone" in stage.told[0].text
    assert np.array_equal(stage.paths[1].sink.played, SOUND)
    assert first[0].closed
    assert first[1].closed


def test_knobs_turned_while_the_device_was_away_hold_when_it_is_back():
    stage = Stage((FakeSource(SOUND, lost=True), FakeSink()), (FakeSource(SOUND), FakeSink()))
    stage.tell = lambda report: stage.live.turn(bypassed=True)
    stage.live._tell = stage.tell
    stage.live.run()
    assert stage.paths[1].chain.turned[0].bypassed


def test_the_counts_outlive_a_lost_device():
    stage = Stage(
        (FakeSource(SOUND, lost=True, dropped=480), FakeSink(underruns=2)),
        (FakeSource(SOUND, dropped=48), FakeSink(underruns=1)),
    )
    stage.live.run()
    meters = stage.live.meters()
    assert (meters.dropped_ms, meters.underruns) == (pytest.approx(11), 3)
    assert stage.live.losses == 1


def test_stop_ends_the_wait_for_a_lost_device(monkeypatch):
    monkeypatch.setattr(live, "POLL_S", 60.0)
    stage = Stage((FakeSource(SOUND, lost=True), FakeSink()))
    thread = threading.Thread(target=stage.live.run)
    thread.start()
    while not stage.told:
        pass
    stage.live.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_meters_tell_levels_cost_backlog_and_drift():
    half = np.full(10 * FRAMES, 0.5, np.float32)
    stage = Stage((FakeSource(half), FakeSink()))
    stage.live.run()
    meters = stage.live.meters()
    assert meters.in_db == pytest.approx(-6.02, abs=0.01)
    assert meters.out_db == pytest.approx(-6.02, abs=0.01)
    assert meters.cost.blocks == 10
    assert meters.backlog_ms == pytest.approx(FRAMES / 48)
    assert meters.drift_ppm == 12
    assert stage.paths[0].chain.backlogs == [FRAMES] * 10


def test_a_microphone_that_gives_nothing_but_zeros_is_named_once_each_time():
    quiet = np.zeros(3 * RATE_HZ, np.float32)
    stage = Stage((FakeSource(np.concatenate([quiet, SOUND, quiet])), FakeSink()))
    stage.live.run()
    notices = [report.text for report in stage.told if isinstance(report, Notice)]
    assert len(notices) == 2
    assert notices[0].startswith("fake microphone gives digital silence; unmute it")


def test_a_silent_file_is_not_told_to_be_plugged_in():
    source = FakeSource(np.zeros(3 * RATE_HZ, np.float32))
    source.name = "file:silence.wav"
    stage = Stage((source, FakeSink()))
    stage.live.run()
    (notice,) = [report.text for report in stage.told if isinstance(report, Notice)]
    assert notice == "file:silence.wav gives digital silence; choose another file."


def test_a_quiet_room_is_no_dead_microphone():
    stage = Stage((FakeSource(np.full(3 * RATE_HZ, 1e-6, np.float32)), FakeSink()))
    stage.live.run()
    assert stage.told == []
