"""Hearing oneself: the device comes and goes, and whoever writes never notices."""

import threading
import time

import numpy as np
import pytest

from fakes import FakeSink
from voxhumana.audio import monitor
from voxhumana.audio.monitor import Monitor
from voxhumana.errors import DeviceLostError, UsageError

BLOCK = np.full(64, 0.5, np.float32)


@pytest.fixture(autouse=True)
def hardly_a_pause_between_looks(monkeypatch):
    monkeypatch.setattr(monitor, "POLL_S", 0.01)


class Outputs:
    """Opens the given sinks one after another; an exception in their place is raised."""

    def __init__(self, *openings):
        self.openings, self.asked = list(openings), []
        self.warnings = []

    def open_sink(self, word):
        self.asked.append(word)
        opening = self.openings.pop(0)
        if isinstance(opening, Exception):
            raise opening
        return opening


def until(holds):
    while not holds():  # what never comes is ended by pytest's own timeout, however slow the machine
        time.sleep(0.001)


def test_nothing_is_opened_until_somebody_wants_to_hear():
    outputs = Outputs()
    heard = Monitor(outputs.open_sink, None, outputs.warnings.append)
    heard.write(BLOCK, 48_000)
    heard.close()
    assert outputs.asked == []


def test_a_first_device_that_is_not_there_is_the_callers_to_hear():
    with pytest.raises(UsageError):
        Monitor(Outputs(UsageError("There is no output 'x'.")).open_sink, "x", print)


def test_another_device_takes_over_and_the_old_one_is_closed():
    first, second = FakeSink(), FakeSink()
    heard = Monitor(Outputs(first, second).open_sink, "one", print)
    heard.write(BLOCK, 48_000)
    heard.listen("two")
    until(lambda: heard.write(BLOCK, 48_000) or second.blocks)
    heard.close()
    assert len(first.played) >= len(BLOCK)
    assert first.closed
    assert second.closed


def test_a_lost_device_is_told_once_and_found_again():
    back = FakeSink()
    outputs = Outputs(FakeSink(lost_after=1), DeviceLostError("Away."), UsageError("No such output."), back)
    heard = Monitor(outputs.open_sink, "one", outputs.warnings.append)
    until(lambda: heard.write(BLOCK, 48_000) or back.blocks)
    heard.close()
    assert [text for text in outputs.warnings if "is gone" in text] == outputs.warnings
    assert len(outputs.warnings) == 1


def test_a_device_that_is_lost_as_soon_as_it_is_there_is_looked_for_again(monkeypatch):
    put = Monitor._put

    def put_and_play(self, sink):
        put(self, sink)
        if sink:
            self.write(BLOCK, 48_000)

    monkeypatch.setattr(Monitor, "_put", put_and_play)
    back = FakeSink()
    heard = Monitor(Outputs(FakeSink(lost_after=0), back).open_sink, None, lambda _: None)
    heard.listen("one")
    until(lambda: back.blocks)
    heard.close()


def test_a_device_is_lost_once_however_often_it_is_written_to_before_it_is_taken_away(monkeypatch):
    monkeypatch.setattr(Monitor, "_tend", lambda _: None)
    outputs = Outputs(FakeSink(lost_after=1))
    heard = Monitor(outputs.open_sink, "one", outputs.warnings.append)
    for _ in range(5):
        heard.write(BLOCK, 48_000)
    heard.close()
    assert len(outputs.warnings) == 1


def test_a_device_of_another_rate_gets_its_rate():
    sink = FakeSink(rate_hz=24_000)
    heard = Monitor(Outputs(sink).open_sink, "one", print)
    for _ in range(100):
        heard.write(BLOCK, 48_000)
    heard.close()
    assert len(sink.played) == pytest.approx(3200, abs=30)


def test_a_slow_device_does_not_make_the_path_wait():
    opening = threading.Event()

    def open_slowly(word):
        opening.wait(10)
        return FakeSink()

    heard = Monitor(open_slowly, None, print)
    heard.listen("slow")
    for _ in range(100):
        heard.write(BLOCK, 48_000)
    assert not opening.is_set()
    opening.set()
    heard.close()
