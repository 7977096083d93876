"""The queue between the callback and the live path, and what keeps it short."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxhumana.audio.intake import Intake
from voxhumana.audio.playout import Playout
from voxhumana.audio.ring import Ring
from voxhumana.audio.splice import Splice
from voxhumana.audio.trim import Trim

RATE_HZ = 48_000


def ramp(start, count):
    return np.arange(start, start + count, dtype=np.float32)


def sine(count, hz=200.0):
    return np.sin(2 * np.pi * hz / RATE_HZ * np.arange(count)).astype(np.float32)


def steepest(sound):
    return np.abs(np.diff(sound)).max()


# --- ring ---


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 16)), max_size=200))
def test_a_ring_gives_back_what_was_written_but_for_what_it_counts_as_dropped(steps):
    ring = Ring(16)
    written = expected = 0
    for writes, count in steps:
        if writes:
            ring.write(ramp(written, count))
            written += count
        else:
            dropped = ring.dropped
            out = np.full(count, -1, np.float32)
            got = ring.read(out)
            expected += ring.dropped - dropped
            np.testing.assert_array_equal(out[:got], ramp(expected, got))
            expected += got
            assert got == count or expected == written
        assert len(ring) == min(written - expected, 16)


def test_a_reader_who_waits_is_woken_by_the_writer():
    ring = Ring(16)
    heard = []
    reader = threading.Thread(target=lambda: heard.append(ring.wait(4, timeout_s=10)))
    reader.start()
    for _ in range(4):
        ring.write(ramp(0, 1))
    reader.join(10)
    assert heard == [True]


def test_a_reader_whose_writer_is_silent_is_let_go():
    ring = Ring(16)
    ring.write(ramp(0, 3))
    assert not ring.wait(4, timeout_s=0.01)


def test_two_threads_lose_nothing():
    ring, got = Ring(1 << 16), []

    def read():
        while sum(map(len, got)) < 50_000:
            assert ring.wait(1, timeout_s=10)
            out = np.empty(97, np.float32)
            got.append(out[: ring.read(out)])

    reader = threading.Thread(target=read)
    reader.start()
    for start in range(0, 50_000, 100):
        ring.write(ramp(start, 100))
    reader.join(30)
    np.testing.assert_array_equal(np.concatenate(got), ramp(0, 50_000))


# --- splice ---


@given(st.lists(st.integers(1, 700), min_size=1, max_size=30), st.integers(1, 2000))
def test_a_splice_takes_out_as_much_as_was_asked_for_and_no_step_is_steeper_than_the_sound(sizes, cut):
    total = sum(sizes) + 2 * cut + 1000
    sound = sine(total)
    splice = Splice(RATE_HZ)
    splice.cut(cut)
    blocks, at = [], 0
    for size in [*sizes, total - sum(sizes)]:
        blocks.append(splice.push(sound[at : at + size]))
        at += size
    out = np.concatenate(blocks)
    assert len(out) == total - cut
    if sizes[0] >= 120:  # room for a whole cross-fade
        assert steepest(out) < 2 * steepest(sound) + 0.05


def test_without_a_cut_a_block_is_passed_on_untouched():
    block = sine(64)
    assert Splice(RATE_HZ).push(block) is block


# --- trim ---


def trimmed(spare_of, blocks=400, frames=256):
    """Samples that were cut out of so many blocks, with `spare_of(index)` queued before each."""
    trim = Trim(RATE_HZ)
    for index in range(blocks):
        trim.push(np.zeros(frames, np.float32), spare=spare_of(index), least=128)
    return trim.dropped


def test_what_stands_queued_all_the_time_is_cut_out():
    assert trimmed(lambda index: 1000, blocks=100) == 1000


def test_what_is_needed_now_and_then_is_kept():
    assert trimmed(lambda index: 0 if index % 80 == 0 else 1000) == 0


@pytest.mark.parametrize("stall_ends", range(10, 300, 17))
def test_what_a_stall_left_is_cut_out_one_window_after_it_whenever_that_was(stall_ends):
    window = 110  # blocks in 0.5 s, and a look
    assert trimmed(lambda index: 1000 * (index >= stall_ends), blocks=stall_ends + window) == 1000


def test_what_is_not_worth_a_cut_stays():
    assert trimmed(lambda index: 127) == 0


# --- intake ---


def test_an_intake_cuts_what_came_in_whatever_lengths_into_blocks():
    intake = Intake(RATE_HZ, frames=256)
    assert not intake.wait(0)
    for start in range(0, 1000, 100):
        intake.push(ramp(start, 100))
    assert intake.wait(0)
    np.testing.assert_array_equal(np.concatenate([intake.take() for _ in range(3)]), ramp(0, 768))
    assert not intake.ready


def test_sound_from_before_anybody_listened_is_forgotten():
    intake = Intake(RATE_HZ, frames=4)
    intake.push(ramp(0, 400))
    assert not intake.wait(0)
    intake.push(ramp(400, 4))
    np.testing.assert_array_equal(intake.take(), ramp(400, 4))


@pytest.mark.parametrize("frames", [64, 128, 256, 1024])
def test_after_a_stall_the_newest_block_is_next_and_the_lost_ones_are_counted(frames):
    intake = Intake(RATE_HZ, frames)
    intake.wait(0)
    sound = sine(40 * frames + RATE_HZ // 5)[: 40 * frames + 7]
    intake.push(sound[: 2 * frames])
    before = [intake.take(), intake.take()]
    intake.push(sound[2 * frames :])
    stalled = len(sound) - 2 * frames
    out = np.concatenate([*before, intake.take()])
    if stalled <= max(4 * frames, RATE_HZ // 10):
        assert intake.dropped == 0
    else:
        assert intake.dropped == 37 * frames
        assert len(out) == 3 * frames
    assert steepest(out) < 3 * steepest(sound)


# --- playout ---


def test_a_playout_plays_what_was_written():
    playout = Playout(RATE_HZ)
    out = np.empty(128, np.float32)
    sound = sine(1280)
    heard = []
    for at in range(0, 1280, 128):
        playout.write(sound[at : at + 128])
        playout.pull(out)
        heard.append(out.copy())
    np.testing.assert_array_equal(np.concatenate(heard)[64:], sound[64:])
    assert (playout.underruns, playout.dropped, playout.backlog) == (0, 0, 0)


def test_running_dry_and_coming_back_is_silence_without_a_click():
    playout = Playout(RATE_HZ)
    sound = sine(12_800, hz=440)
    heard = []
    out = np.empty(128, np.float32)
    for index in range(100):
        if index % 10 < 8:
            playout.write(sound[index * 128 : index * 128 + 128])
        playout.pull(out)
        heard.append(out.copy())
    assert playout.underruns == 10
    assert steepest(np.concatenate(heard)) < 2 * steepest(sound)
    assert not heard[9].any()


def test_the_backlog_that_a_stall_leaves_is_gone_within_two_seconds():
    playout = Playout(RATE_HZ)
    out = np.empty(128, np.float32)
    for index in range(2 * RATE_HZ // 128):
        for _ in range(20 if index == 10 else 1):
            playout.write(sine(128))
        playout.pull(out)
    assert playout.backlog == 0
    assert playout.dropped == 19 * 128
