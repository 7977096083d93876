"""The stages between two devices: nothing where nothing is wanted, and the declared delay elsewhere."""

import numpy as np
import pytest

import signals
from fakes import FakeSink, FakeSource
from voxhumana.audio.guard import Guard
from voxhumana.audio.reblock import Hops
from voxhumana.convert.identity import Identity
from voxhumana.live import Controls, Role
from voxhumana.rack import Rack
from voxhumana.voice import Voice

RATE_HZ = 48_000
FRAMES = 64


class Late:
    """A converter that only delays; opens are counted, and its streams kept."""

    name = "late"
    hop = 240

    def __init__(self, rate_hz=RATE_HZ, latency=480):
        self.rate_hz, self.latency = rate_hz, latency
        self.opened = []

    def open(self, voice=None):
        line = np.zeros(self.latency, np.float32)

        def step(hop):
            nonlocal line
            line = np.concatenate([line, hop])
            out, line = line[: self.hop], line[self.hop :]
            return out

        stream = Hops(step, self.hop, self.latency)
        stream.pitch_semitones = 0.0
        self.opened.append(stream)
        return stream


def a_role(converter):
    voice = Voice(
        name="x", title="X", character="", licence="CC0-1.0", source="", engines={converter.name: {}}
    )
    return Role(voice, converter)


def a_rack(converter, **sink):
    return Rack({"guard": Guard(RATE_HZ)}, Controls(a_role(converter)), FakeSource([]), FakeSink(**sink))


def passed(rack, sound):
    """What comes out for each block; copied, for stages use their buffers again."""
    blocks = np.split(sound, len(sound) // FRAMES)
    return [np.concatenate([out.copy() for out in rack.push(block)]) for block in blocks]


@pytest.fixture(scope="module")
def sound():
    return signals.speech(1.0, RATE_HZ)[: RATE_HZ // FRAMES * FRAMES]


def test_identity_adds_nothing(sound):
    rack = a_rack(Identity())
    assert np.array_equal(np.concatenate(passed(rack, sound)), sound)
    assert sum(row.latency_ms for row in rack.ledger) == 0


@pytest.mark.parametrize("converter", [Late(), Late(16_000, 320), Late(44_100, 441)])
def test_a_voice_is_late_by_what_the_ledger_says_and_flows_evenly(converter, sound):
    rack = a_rack(converter)
    outs = passed(rack, sound)
    assert {len(out) for out in outs} == {FRAMES}
    declared = sum(row.latency_ms for row in rack.ledger) * RATE_HZ / 1e3
    heard = np.concatenate(outs)
    correlation = [np.dot(heard[d : d + 24_000], sound[:24_000]) for d in range(6000)]
    assert np.argmax(correlation) == pytest.approx(declared, abs=2)


def test_a_sink_of_another_rate_gets_its_rate(sound):
    rack = a_rack(Identity(), rate_hz=44_100)
    out = np.concatenate([*passed(rack, sound), *rack.flush()])
    declared = sum(row.latency_ms for row in rack.ledger) * 44.1
    assert len(out) == pytest.approx(len(sound) * 44_100 / RATE_HZ + declared, abs=2)


@pytest.mark.parametrize("sink_hz", [RATE_HZ, 44_100, 24_000])
def test_blocks_that_come_together_sound_as_one_by_one(sound, sink_hz):
    one, several = (a_rack(Late(), rate_hz=sink_hz) for _ in range(2))
    expected = passed(one, sound)
    got, at = [], 0
    for count in [1, 3, 1, 4, 2] * (len(expected) // 11):
        blocks = sound[at * FRAMES : (at + count) * FRAMES]
        got.append(np.concatenate([out.copy() for out in several.push(blocks)]))
        assert len(got[-1]) == pytest.approx(sum(map(len, expected[at : at + count])), abs=1)
        at += count
    got = np.concatenate(got)
    np.testing.assert_allclose(got, np.concatenate(expected)[: len(got)], atol=2e-6)


def test_flush_yields_all_that_was_held_back(sound):
    rack = a_rack(Late())
    out = np.concatenate([*passed(rack, sound), *rack.flush()])
    assert np.abs(out[-480 - FRAMES :]).max() > 0
    assert len(out) >= len(sound) + 480


def test_a_prepared_voice_is_not_opened_again_on_the_audio_thread(sound):
    rack, other = a_rack(Identity()), Late()
    role = a_role(other)
    rack.prepare(role)
    rack.turn(Controls(role))
    passed(rack, sound)
    assert len(other.opened) == 1
    assert [row.stage for row in rack.ledger] == ["guard", "late", "limiter", "reblock"]


def test_a_voice_that_nobody_prepared_speaks_all_the_same(sound):
    rack = a_rack(Identity())
    rack.turn(Controls(a_role(Late())))
    out = np.concatenate(passed(rack, sound))
    assert np.abs(out[-24_000:]).max() > 0.01


def test_pitch_reaches_the_converter_of_the_voice_that_speaks():
    first, second = Late(), Late()
    rack = a_rack(first)
    rack.turn(Controls(a_role(second), pitch_semitones=3))
    assert second.opened[0].pitch_semitones == 3


def test_switch_mute_and_bypass_make_no_click(sound):
    tone = signals.sine(220, 1.0, RATE_HZ)[: RATE_HZ // FRAMES * FRAMES] * 0.5
    steepest = np.abs(np.diff(tone)).max()
    rack = a_rack(Identity())
    role = a_role(Late())
    turns = {100: Controls(role), 200: Controls(role, muted=True), 300: Controls(role, bypassed=True)}
    out = []
    for index, block in enumerate(np.split(tone, len(tone) // FRAMES)):
        if index in turns:
            rack.turn(turns[index])
        out += [piece.copy() for piece in rack.push(block)]
    jumps = np.abs(np.diff(np.concatenate(out)))
    assert jumps.max() <= steepest * 1.1


def test_two_clocks_are_kept_together():
    """The sink plays 150 ppm faster than the source hears: without a correction it would run dry."""
    rack = a_rack(Identity(), clock="another")
    block = np.zeros(FRAMES, np.float32)
    backlog, ppm = float(FRAMES), 0.0
    for _ in range(120 * RATE_HZ // FRAMES):
        backlog += sum(len(out) for out in rack.push(block)) - FRAMES * (1 + 150e-6)
        ppm = rack.follow(round(backlog))
    assert ppm == pytest.approx(150, abs=30)
    assert backlog == pytest.approx(FRAMES, abs=120)
