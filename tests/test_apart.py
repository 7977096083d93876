"""What a client of the server bench heard: whose it was, how late, and what of it was lost."""

import numpy as np
import pytest

from voxhumana.bench.apart import STRETCH, delays_ms, silences, stretches
from voxhumana.bench.peer import FRAME, RATE_HZ, STEP, Peer

OF, SECONDS, LATENCY = 4, 24, 1000
DELAY_S = 0.05
LATE_MS = 1e3 * (DELAY_S + 3 * FRAME / RATE_HZ)
"""The last sample that comes belongs to one of `LATENCY` before it, the third frame back."""


@pytest.fixture(scope="module")
def speech():
    """Ten seconds that rise and fall as syllables do."""
    rng = np.random.default_rng(0)
    loud = np.interp(np.arange(10 * RATE_HZ), np.arange(0, 10 * RATE_HZ, 2400), rng.uniform(-50, 0, 100))
    return (10 ** (loud / 20) * rng.uniform(-1, 1, len(loud))).astype(np.float32)


def peers(speech):
    return [Peer(number, OF, speech, LATENCY) for number in range(OF)]


def listen(peer, sound):
    """Have a client say all and hear `sound` (float32, 24 kHz) `DELAY_S` after each frame's last sample."""
    data = (sound * 32_767).astype("<i2").tobytes()
    sent = list(peer.frames(SECONDS))
    for number in range(len(sent)):
        peer.sent_s.append(number * FRAME / RATE_HZ)
    for at in range(0, len(data), 2 * FRAME):
        peer.hear(data[at : at + 2 * FRAME])
        peer.came_s[-1] = (at // 2 + FRAME) / RATE_HZ + DELAY_S
    return peer.heard()


def sounds(peer, cut=()):
    """What the server makes of what a client says: quieter, later, and without what is cut, in samples."""
    said = 0.5 * np.concatenate([peer.says(second) for second in range(SECONDS)])
    late = np.concatenate([np.zeros(LATENCY, np.float32), said])[: len(said)]
    keep = np.ones(len(late), bool)
    for start, end in cut:
        keep[start:end] = False
    return late[keep]


def test_what_is_ones_own_is_found_where_it_was_said_and_its_silences_are_silent(speech):
    own, *_ = all_ = peers(speech)
    heard = listen(own, sounds(own))
    for other in all_[1:]:
        listen(other, sounds(other))
    found = stretches(own, heard, [each.said() for each in all_])
    assert len(found) == SECONDS // 4 - 1  # the last is not whole, for it came later
    assert all(each.shift == 0 and each.own > 0.99 and each.other < 0.6 for each in found)
    assert list(silences(own, heard, found)) == [0.0] * 5
    assert delays_ms(own, found).max() == pytest.approx(LATE_MS, abs=1)


@pytest.mark.parametrize("lost", [2_400, 48_000])
def test_what_is_lost_hides_neither_the_owner_nor_the_silences_nor_the_delay_of_the_rest(speech, lost):
    own, *others = all_ = peers(speech)
    cut = 9 * RATE_HZ
    heard = listen(own, sounds(own, [(cut, cut + lost)]))
    for other in others:
        listen(other, sounds(other))
    found = stretches(own, heard, [each.said() for each in all_])
    assert own.lost == lost
    assert found[1].shift == 0
    assert {each.shift for each in found[3:]} == {lost // STEP}
    assert all(each.own > each.other for each in found)
    assert len(list(silences(own, heard, found))) >= 2
    assert max(silences(own, heard, found)) == 0.0
    after = delays_ms(own, found)[-STRETCH // 2 :]  # nothing was late: what was left out came early
    assert after.max() == pytest.approx(LATE_MS - 1e3 * lost / RATE_HZ, abs=1)


def test_anothers_sound_is_known_as_such(speech):
    own, other, *rest = all_ = peers(speech)
    for each in rest:
        listen(each, sounds(each))
    heard = listen(own, sounds(other))
    listen(other, sounds(other))
    found = stretches(own, heard, [each.said() for each in all_])
    assert all(each.other > each.own for each in found)
    assert max(silences(own, heard, found)) > 0.01


def test_a_client_alone_is_silent_for_a_second_in_four_and_never_repeats_itself(speech):
    alone = Peer(0, 1, speech)
    assert [alone.silent(second) for second in range(6)] == [True, False, False, False, True, False]
    assert not np.array_equal(alone.says(1), alone.says(2))
    assert (
        b"".join(alone.frames(2.5))[2 * RATE_HZ :][: 2 * RATE_HZ]
        == (alone.says(1) * 32_767).astype("<i2").tobytes()
    )
