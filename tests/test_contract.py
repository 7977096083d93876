"""The contract can fail: each way to break it is caught by the test that speaks of it."""

import inspect

import numpy as np
import pytest

import signals
from contract import StageContract, run


class Broken:
    """Identity, but for what a subclass spoils."""

    rate_hz, hop, latency = 16_000, 1, 0

    def open(self, voice=None):
        return type(self)()

    def push(self, item):
        yield item

    def flush(self):
        yield from ()


class Late(Broken):
    def __init__(self):
        self.held = np.zeros(5, np.float32)

    def push(self, item):
        both = np.concatenate([self.held, item])
        self.held = both[-5:]
        yield both[:-5]

    def flush(self):
        yield self.held


class Withholding(Broken):
    def __init__(self):
        self.blocks = []

    def push(self, item):
        self.blocks.append(item.copy())
        yield from ()

    def flush(self):
        yield from self.blocks


class Forgetful(Broken):
    def push(self, item):
        yield item * np.linspace(0, 1, len(item), dtype=np.float32)


class Peeking(Broken):
    def push(self, item):
        yield item / np.abs(item).max()


class Humming(Broken):
    def push(self, item):
        yield item + np.float32(0.01)


class Meddling(Broken):
    def push(self, item):
        item *= 2
        yield item


class Shared(Broken):
    def __init__(self):
        self.last = np.float32(0)

    def open(self, voice=None):
        return self

    def push(self, item):
        yield item + self.last
        self.last = item[-1]


class Hoarding(Broken):
    def __init__(self):
        self.blocks = []

    def push(self, item):
        self.blocks.append(item.copy())
        yield item


class Sulking(Broken):
    hurt = False

    def push(self, item):
        self.hurt |= bool(np.abs(item).max() >= 1)
        yield item * np.float32(not self.hurt)


class Overflowing(Broken):
    def push(self, item):
        yield (item.astype(np.float32) * np.float32(1e38)) ** 2


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize(
    ("broken", "caught_by"),
    [
        (Late, "test_the_declared_latency_is_measured"),
        (Late, "test_a_session_puts_out_its_input_and_its_latency"),
        (Withholding, "test_no_more_than_a_hop_is_waited_for"),
        (Forgetful, "test_streamed_equals_one_shot"),
        (Forgetful, "test_any_cut_gives_the_same_sound"),
        (Peeking, "test_the_past_does_not_know_the_future"),
        (Humming, "test_silence_in_silence_out"),
        (Meddling, "test_the_input_is_left_as_it_was"),
        (Shared, "test_streams_do_not_know_of_one_another"),
        (Hoarding, "test_a_push_takes_little_memory_and_keeps_none"),
        (Overflowing, "test_clipped_and_faint_sound_stays_finite"),
        (Sulking, "test_between_guard_and_limiter_what_is_not_sound_does_no_harm"),
    ],
)
def test_a_broken_stage_is_caught(broken, caught_by):
    stage = broken()
    sound = signals.speech(1.0, stage.rate_hz)
    given = {
        "stage": stage,
        "sound": sound,
        "whole": run(stage.open(), sound.copy()),
        "size": 480,
        "more": 333,
    }
    check = getattr(StageContract(), caught_by)
    with pytest.raises(AssertionError):
        check(**{name: given[name] for name in inspect.signature(check).parameters if name in given})
