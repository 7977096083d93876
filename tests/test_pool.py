"""The workers of `/v1/convert`: what is said to them, who gets a place, and what happens when one dies."""

import asyncio
import json
import threading
from queue import SimpleQueue

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from served import event, from_pcm16, pcm16, serving
from voxhumana.config import Settings
from voxhumana.server.convert_events import Knobs
from voxhumana.server.outbox import Outbox, Sound
from voxhumana.server.pool.frames import Frame, Frames, Kind
from voxhumana.server.pool.mill import Mills
from voxhumana.server.pool.pool import CROWDED, FULL, WAY, Pool
from voxhumana.server.pool.strain import LOOKS, Strain
from voxhumana.server.refusal import Refusal
from voxhumana.server.wire import Inlet

frame = st.builds(Frame, st.integers(0, 2**32 - 1), st.sampled_from(Kind), st.binary(max_size=60))
LIGHT, HEAVY = Knobs(engine="identity"), Knobs(engine="native")


@given(st.lists(frame, max_size=6), st.lists(st.integers(1, 40), min_size=1))
def test_frames_are_read_however_they_are_cut(frames, cuts):
    data = b"".join(each.bytes() for each in frames)
    reader, read, at = Frames(), [], 0
    while at < len(data):
        cut = cuts[at % len(cuts)]
        read += reader.push(data[at : at + cut])
        at += cut
    assert read == frames


def pool(workers, **weights):
    made = Pool(Settings(), workers)
    for engine, weight in weights.items():
        knobs = Knobs(engine=engine)
        job = made.place(knobs)
        job.weighed = weight
        made.learn(knobs, job)
        job.stop()
    return made


def test_each_conversion_goes_where_least_is_done():
    two = pool(2, native=0.3, identity=0.01)
    heavy = two.place(HEAVY)
    assert len({two.place(LIGHT).worker for _ in range(5)} - {heavy.worker}) == 1


def test_beyond_what_the_cores_can_carry_one_is_refused_politely_and_a_place_comes_free():
    two = pool(2, native=0.3)
    jobs = [two.place(HEAVY) for _ in range(2 * int(FULL / (0.3 * CROWDED + WAY)))]
    with pytest.raises(Refusal, match="busy") as refused:
        two.place(HEAVY)
    assert (refused.value.status, refused.value.retry_after_s) == (503, 10)
    jobs[0].stop()
    assert two.place(HEAVY)


def test_what_is_too_heavy_for_a_core_is_let_in_alone():
    one = pool(1, native=3.0)
    assert one.place(HEAVY)
    with pytest.raises(Refusal, match="busy"):
        one.place(LIGHT)


def test_a_lighter_voice_cannot_become_too_heavy_a_one():
    one = pool(1, native=0.4, identity=0.01)
    one.place(HEAVY)
    light = one.place(LIGHT)
    with pytest.raises(Refusal, match="busy"):
        one.check(light, HEAVY)
    one.check(light, LIGHT)


def test_a_successor_takes_the_place_and_not_another_one():
    one = pool(1, native=0.5)
    before = one.place(HEAVY)
    heir = before.heir()
    assert before.worker.load == pytest.approx(0.5 * CROWDED + WAY)
    before.stop()
    assert heir.worker.load == pytest.approx(0.5 * CROWDED + WAY)


def test_a_worker_that_is_pressed_harder_than_was_thought_admits_no_more_until_it_is_not():
    one = pool(1, identity=0.01)
    worker = one.place(LIGHT).worker
    worker.strain = FULL
    with pytest.raises(Refusal, match="busy"):
        one.place(LIGHT)
    worker.strain = 0.5
    assert one.place(LIGHT)


def test_the_next_conversion_goes_where_those_that_are_there_are_pressed_least():
    two = pool(2, identity=0.01)
    first, second = two.place(LIGHT), two.place(LIGHT)
    first.worker.strain = 0.5
    assert two.place(LIGHT).worker is second.worker
    assert two.place(LIGHT).worker is second.worker


def looked(*courses, speed=1.0):
    """What is seen, look by look, of conversions that each worked for so much of each second."""
    strain, seen = Strain(100.0), []
    for seconds in range(1, len(courses[0]) + 1):
        spent = {n: (sum(course[:seconds]), speed * seconds) for n, course in enumerate(courses)}
        seen.append(round(strain.look(100.0 + seconds, spent), 3))
    return seen


def test_the_strain_is_that_of_all_conversions_together():
    assert looked([0.1, 0.1], [0.5, 0.5]) == [0.6, 0.6]


def test_one_hiccup_is_not_taken_for_what_lasts_and_what_lasts_is_noticed():
    assert looked([0.1, 0.1, 0.1, 0.7, 0.1, 0.1, 0.1]) == [0.1, 0.1, 0.1, 0.3, 0.3, 0.3, 0.1]
    assert looked([0.1] * LOOKS + [1.0] * LOOKS)[-1] == 1.0


def test_who_sends_faster_than_in_real_time_counts_as_if_he_did_not():
    assert looked([0.9, 0.9], speed=9.0) == [0.1, 0.1]


def test_who_is_silent_or_gone_is_under_no_strain():
    strain = Strain(100.0)
    assert strain.look(101.0, {}) == 0
    assert strain.look(102.0, {1: (0.9, 1.0)}) == pytest.approx(0.9)
    for seconds in range(LOOKS):
        quiet = strain.look(103.0 + seconds, {1: (0.9, 1.0)})
    assert quiet == 0
    assert strain.look(110.0, {2: (0.0, 0.0)}) == 0


class Sack:
    """Has so many turns' work, and waits for a word before each."""

    def __init__(self, engine, turns, done):
        self.engine, self.waits = engine, False
        self._left, self._done = turns, done

    def work(self):
        self._left -= 1
        self._done.put((self, threading.current_thread().name))
        return self._left > 0


def test_those_that_share_an_engine_take_turns_on_its_thread_and_others_do_not_wait_for_them():
    mills, done, hold = Mills(), SimpleQueue(), threading.Event()

    class Long(Sack):
        def work(self):
            hold.wait(10)
            return super().work()

    long = Long("rvc", 1, done)
    first, second = (Sack("dsp", 3, done) for _ in range(2))
    mills.wants(long)
    gate = Long("dsp", 1, done)
    mills.wants(gate)  # until both stand behind it
    for sack in (first, second, first):
        mills.wants(sack)
    hold.set()
    turns = [done.get(timeout=10) for _ in range(8)]
    assert [sack for sack, name in turns if name == "dsp"] == [gate, *[first, second] * 3]
    assert [sack for sack, name in turns if name == "rvc"] == [long]


def test_blocks_that_wait_are_read_together_up_to_a_bound_and_none_is_kept_back():
    inlet = Inlet(24_000, 240, 24_000, at_once=4)
    sound = np.arange(240 * 7 + 100, dtype=np.float32)
    inlet.push(sound)
    read = [inlet.read(), inlet.read()]
    inlet.end()
    read.append(inlet.read())
    assert [len(block) for block in read] == [960, 720, 100]
    assert np.array_equal(np.concatenate(read), sound)
    assert inlet.read() is None


def test_a_worker_that_stalls_loses_what_is_over_the_bound_and_nothing_more():
    inlet = Inlet(24_000, 240, 12_000, at_once=4)
    for _ in range(50):  # a second, of which half may wait
        inlet.push(np.zeros(480, np.float32))
    inlet.end()
    read = 0
    while (block := inlet.read()) is not None:
        read += len(block)
    assert read == 12_000
    assert inlet.dropped == 12_000


def test_sounds_that_wait_are_sent_as_one_and_events_keep_their_place():
    put = (Sound(b"ab", 1), Sound(b"cd", 1), {"type": "x"}, Sound(b"ef", 1), Sound(b"gh", 1, {"id": 1}))

    async def taken():
        outbox = Outbox(1000)
        for item in put:
            outbox.put(item)
        outbox.end()
        return [await outbox.take() for _ in range(5)]

    assert asyncio.run(taken()) == [Sound(b"abcd", 2), *put[2:], None]


def test_a_worker_that_dies_is_told_of_and_the_next_conversion_works(tmp_path):
    path = "/v1/convert?engine=identity&denoise=false&gate_db=-120"
    sound = np.full(960, 0.25, np.float32)
    with serving(Settings(data_dir=tmp_path)) as server:
        with server.socket(path) as peer:
            event(peer, "session.created")
            worker, *others = [
                child for child in psutil.Process().children() if "voxhumana.server.pool" in child.cmdline()
            ]
            assert not others
            worker.kill()
            assert event(peer, "error")["error"]["code"] == "worker_died"
            with pytest.raises(ConnectionClosed) as closed:
                peer.recv(60)
            assert closed.value.rcvd.code == 1011
        with server.socket(path) as peer:
            peer.send(pcm16(sound))
            peer.send(json.dumps({"type": "input_audio_buffer.commit"}))
            event(peer, "session.created")
            assert np.all(from_pcm16(peer.recv(60)) == 0.25)
