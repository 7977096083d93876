"""The workers of `/v1/convert`: what is said to them, who gets a place, and what happens when one dies."""

import asyncio
import json

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
from voxhumana.server.pool.pool import FULL, WAY, Pool
from voxhumana.server.refusal import Refusal

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
    jobs = [two.place(HEAVY) for _ in range(2 * int(FULL / (0.3 + WAY)))]
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
    one = pool(1, native=0.5, identity=0.01)
    one.place(HEAVY)
    light = one.place(LIGHT)
    with pytest.raises(Refusal, match="busy"):
        one.check(light, HEAVY)
    one.check(light, LIGHT)


def test_a_successor_takes_the_place_and_not_another_one():
    one = pool(1, native=0.5)
    before = one.place(HEAVY)
    heir = before.heir()
    assert before.worker.load == pytest.approx(0.5 + WAY)
    before.stop()
    assert heir.worker.load == pytest.approx(0.5 + WAY)


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
