"""Another voice, bypass and mute: quick, and without a click."""

import numpy as np
import pytest

import signals
from contract import StageContract, blocks_of, pushed
from voxhumana.audio.chain import Chain
from voxhumana.audio.reblock import Fifo, Hops
from voxhumana.audio.switch import SwitchStream
from voxhumana.convert.identity import Identity

RATE_HZ = 48_000
FIFTY_MS = RATE_HZ // 20


class Inverting:
    """A voice that a test can tell from its input: upside down, half as loud, 30 ms late, hops of 10 ms."""

    rate_hz, hop, latency = RATE_HZ, 480, 1440

    def open(self, voice=None):
        held = Fifo()
        held.write(np.zeros(self.latency, np.float32))

        def step(block):
            held.write(block * np.float32(-0.5))
            return held.read(len(block))

        return Hops(step, self.hop, self.latency)


def inverting(frames=256):
    return Chain({"convert": Inverting()}, RATE_HZ, frames)


def switch(stage):
    return SwitchStream(stage.open(), stage.latency, RATE_HZ)


class Switched:
    """A stage whose stream is a switch."""

    def __init__(self, stage):
        self._stage = stage
        self.rate_hz, self.hop, self.latency = stage.rate_hz, stage.hop, stage.latency

    def open(self, voice=None):
        return switch(self._stage)


class TestSwitchOverIdentity(StageContract):
    def make(self):
        return Switched(Identity(RATE_HZ))

    def test_it_changes_nothing(self, sound, whole):
        np.testing.assert_array_equal(whole, sound)


class TestSwitchOverAConverter(StageContract):
    def make(self):
        return Switched(Inverting())

    def measure(self, x, y, rate_hz):
        return Inverting.latency + int(np.abs(y[Inverting.latency :] + x * np.float32(0.5)).max() > 0)


def steepest(x):
    return np.abs(np.diff(x)).max()


@pytest.fixture
def sound():
    return signals.sine(220, 1.0, RATE_HZ)


def changed(stream, sound, change, at=20, frames=256):
    """Push `sound`; before block `at`, call `change`."""
    outs = []
    for turn, block in enumerate(blocks_of(sound, frames)):
        if turn == at:
            change()
        outs.append(pushed(stream, block))
    return np.concatenate(outs), at * frames


def muted(stream):
    stream.muted = True


def bypassed(stream):
    stream.bypassed = True


def swapped(stream):
    stage = inverting()
    stream.swap(stage.open(), stage.latency)


@pytest.mark.parametrize("change", [muted, bypassed, swapped])
@pytest.mark.parametrize("begin", [lambda: Identity(RATE_HZ), inverting])
def test_no_change_clicks_and_none_leaves_a_gap(sound, begin, change):
    stream = switch(begin())
    out, _ = changed(stream, sound, lambda: change(stream))
    assert len(out) == len(sound)
    # A fade over 15 ms adds 1.5 pi / 2 / 720 a sample of what it fades; the sine itself moves by 0.0144.
    assert steepest(out[3000:]) <= 1.25 * steepest(sound)


def test_mute_is_silence_within_fifty_ms_and_comes_back_in_step(sound):
    stream = switch(Identity(RATE_HZ))
    out, at = changed(stream, sound, lambda: muted(stream))
    assert np.abs(out[at + FIFTY_MS :]).max() == 0
    stream.muted = False
    again = pushed(stream, sound, 256)
    np.testing.assert_array_equal(again[FIFTY_MS:], sound[FIFTY_MS:])


def test_bypass_is_the_dry_sound_exactly_as_late_as_the_converted_one(sound):
    stage = inverting()
    stream = switch(stage)
    out, at = changed(stream, sound, lambda: bypassed(stream))
    done = at + FIFTY_MS
    np.testing.assert_array_equal(out[done:], sound[done - stage.latency : len(sound) - stage.latency])


def test_another_voice_has_taken_over_within_its_latency_and_a_fade(sound):
    stream, stage = switch(Identity(RATE_HZ)), inverting(frames=480)
    out, at = changed(stream, sound, lambda: stream.swap(stage.open(), stage.latency), frames=480)
    done = at + FIFTY_MS
    np.testing.assert_array_equal(
        out[done:], sound[done - stage.latency : len(sound) - stage.latency] * np.float32(-0.5)
    )
    assert stream.latency == stage.latency


def test_the_old_voice_speaks_until_the_new_one_can(sound):
    stream, stage = switch(Identity(RATE_HZ)), inverting(frames=480)
    out, at = changed(stream, sound, lambda: stream.swap(stage.open(), stage.latency), frames=480)
    np.testing.assert_array_equal(out[: at + stage.latency], sound[: at + stage.latency])


def test_of_two_changes_in_a_hurry_the_last_one_counts(sound):
    stream = switch(Identity(RATE_HZ))

    def both():
        swapped(stream)
        stream.swap(Identity(RATE_HZ).open(), 0)

    out, _ = changed(stream, sound, both)
    np.testing.assert_array_equal(out, sound)


def test_a_change_during_a_change_waits_its_turn(sound):
    stream = switch(Identity(RATE_HZ))
    stream.swap(inverting().open(), inverting().latency)
    out, at = changed(stream, sound, lambda: stream.swap(Identity(RATE_HZ).open(), 0), at=1)
    assert steepest(out) <= 1.25 * steepest(sound)
    np.testing.assert_array_equal(out[at + 2 * FIFTY_MS :], sound[at + 2 * FIFTY_MS :])
