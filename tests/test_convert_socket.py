"""`/v1/convert`, spoken by a real WebSocket client to a real server."""

import base64
import json
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus

from served import event, from_pcm16, pcm16, serving
from voxhumana.config import Settings

PLAIN = "/v1/convert?engine=identity&denoise=false&gate_db=-120&rate_hz=24000"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(Settings(data_dir=tmp_path_factory.mktemp("data"), serve_converts=3)) as server:
        yield server


def collect(peer, until="response.output_audio.done"):
    """All sound until an event comes."""
    sound = []
    while True:
        message = peer.recv(60)
        if isinstance(message, bytes):
            sound.append(from_pcm16(message))
        elif (read := json.loads(message))["type"] == until:
            return np.concatenate([np.zeros(0, np.float32), *sound])
        elif read["type"] == "response.output_audio.delta":
            sound.append(from_pcm16(base64.b64decode(read["delta"])))
        elif read["type"] == "error":
            raise AssertionError(read)


def noise(samples, seed=1):
    return (np.random.default_rng(seed).integers(-9000, 9000, samples) / 32768).astype(np.float32)


@profile(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(1, 3_000), min_size=1, max_size=6))
def test_identity_gives_back_what_it_was_given_however_it_is_cut(server, cuts):
    sound = noise(sum(cuts))
    with server.socket(PLAIN) as peer:
        for end, size in zip(np.cumsum(cuts), cuts, strict=True):
            peer.send(pcm16(sound[end - size : end]))
        peer.send(json.dumps({"type": "input_audio_buffer.commit"}))
        assert np.array_equal(collect(peer), sound)


def test_base64_in_means_base64_out(server):
    sound = noise(960)
    with server.socket(PLAIN) as peer:
        audio = base64.b64encode(pcm16(sound)).decode()
        peer.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
        delta = event(peer, "response.output_audio.delta")["delta"]
        peer.send(json.dumps({"type": "input_audio_buffer.commit"}))
        rest = collect(peer)
    assert np.array_equal(np.concatenate([from_pcm16(base64.b64decode(delta)), rest]), sound)


@pytest.mark.parametrize("voice", ["engine=identity", "voice=ogre&bypassed=true"])
def test_the_declared_latency_is_the_measured_one(server, voice):
    click = np.zeros(9_600, np.float32)
    click[4_800] = 0.9
    with server.socket(f"/v1/convert?{voice}&denoise=false&gate_db=-120") as peer:
        latency = event(peer, "session.created")["session"]["latency"]
        peer.send(pcm16(click))
        peer.send(json.dumps({"type": "input_audio_buffer.commit"}))
        out = collect(peer)
    assert abs(int(np.argmax(np.abs(out))) - 4_800 - latency) <= 1
    assert len(out) >= len(click) + latency


def test_a_session_begins_as_its_address_says_and_turns_its_knobs(server):
    with server.socket("/v1/convert?voice=ogre&pitch_semitones=2") as peer:
        begun = event(peer, "session.created")["session"]
        assert (begun["voice"], begun["engine"], begun["pitch_semitones"]) == ("ogre", "dsp", 2)
        assert begun["latency_ms"]["denoise"] == pytest.approx(7, abs=0.1)
        peer.send(json.dumps({"type": "session.update", "session": {"voice": "pixie", "denoise": False}}))
        turned = event(peer, "session.updated")["session"]
        assert (turned["voice"], turned["pitch_semitones"]) == ("pixie", 2)
        assert "denoise" not in turned["latency_ms"]
        assert turned["latency_total_ms"] == pytest.approx(sum(turned["latency_ms"].values()))


def test_another_voice_takes_over_while_the_sound_runs(server):
    with server.socket(PLAIN) as peer:
        peer.send(pcm16(noise(2_400)))
        peer.send(json.dumps({"type": "session.update", "session": {"engine": None, "voice": "giant"}}))
        assert event(peer, "session.updated")["session"]["voice"] == "giant"
        peer.send(pcm16(noise(2_400)))
        updated = event(peer, "session.updated")["session"]
        assert updated["latency"] > 0


def test_a_changed_rate_begins_anew(server):
    with server.socket(PLAIN) as peer:
        peer.send(pcm16(noise(960)))
        peer.send(json.dumps({"type": "session.update", "session": {"rate_hz": 48_000}}))
        assert event(peer, "session.updated")["session"]["rate_hz"] == 48_000
        peer.send(pcm16(noise(4_800)))
        peer.send(json.dumps({"type": "input_audio_buffer.commit"}))
        assert np.array_equal(collect(peer), noise(4_800))


def test_sound_that_comes_faster_than_life_is_dropped_and_counted(server):
    with server.socket(PLAIN + "&meters_ms=20") as peer:
        peer.send(pcm16(noise(240_000)))  # ten seconds of which one may wait
        for _ in range(100):
            if event(peer, "session.meters")["dropped_ms"] == 9_000:
                break
        else:
            pytest.fail("nothing was dropped")


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("{", None),
        ("[]", None),
        ('{"type": "session.fly"}', None),
        ('{"type": "session.update", "session": {"voice": "nobody"}}', None),
        ('{"type": "session.update", "session": {"pitch_semitones": 99}}', "session.pitch_semitones"),
        ('{"type": "session.update", "session": {"rate_hz": 12345}}', "session.rate_hz"),
        ('{"type": "session.update", "session": {"fly": 1}}', "session.fly"),
        ('{"type": "session.update", "session": {"engine": "../../etc"}}', None),
        ('{"type": "input_audio_buffer.append", "audio": "!"}', "audio"),
        ('{"type": "input_audio_buffer.append", "audio": "AAAA"}', None),
        ("[" * 100_000, None),
        (b"\x00", None),
    ],
)
def test_what_means_nothing_is_answered_and_the_session_goes_on(server, message, param):
    with server.socket(PLAIN) as peer:
        peer.send(message)
        error = event(peer, "error")["error"]
        assert error["type"] == "invalid_request_error"
        assert error["param"] == param or param is None
        peer.send(pcm16(noise(240)))
        assert isinstance(peer.recv(60), bytes)


def test_an_error_names_the_message_that_caused_it(server):
    with server.socket(PLAIN) as peer:
        peer.send('{"type": "session.fly", "event_id": "mine"}')
        assert event(peer, "error")["error"]["event_id"] == "mine"


def test_who_only_sends_nonsense_is_sent_away(server):
    with server.socket(PLAIN) as peer:
        for _ in range(60):
            peer.send("{")
        with pytest.raises(ConnectionClosed) as closed:
            event(peer, "never")
    assert closed.value.rcvd.code == 1008


def test_a_message_too_large_ends_the_session_and_not_the_server(server):
    def send_too_much(peer):
        peer.send(b"\0" * (2 << 20))  # refused by its head, maybe before the rest is sent
        event(peer, "never")

    with server.socket(PLAIN) as peer, pytest.raises(ConnectionClosed) as closed:
        send_too_much(peer)
    assert closed.value.rcvd is None or closed.value.rcvd.code == 1009
    with server.socket(PLAIN) as peer:
        assert event(peer, "session.created")


def test_beyond_capacity_one_is_refused_politely_and_a_seat_is_freed(server):
    peers = [server.socket(PLAIN) for _ in range(3)]
    with pytest.raises(InvalidStatus) as refused:
        server.socket(PLAIN)
    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["Retry-After"]
    assert json.loads(refused.value.response.body)["error"]["code"] == "sessions_full"
    peers.pop().close()
    for _ in range(100):
        try:
            peers.append(server.socket(PLAIN))
            break
        except InvalidStatus:
            time.sleep(0.02)
    for peer in peers:
        peer.close()
    assert len(peers) == 3


@pytest.mark.parametrize("path", ["/v1/convert?fly=1", "/v1/convert?rate_hz=12", "/v1/nowhere"])
def test_an_address_that_means_nothing_is_refused_before_the_socket_opens(server, path):
    with pytest.raises(InvalidStatus) as refused:
        server.socket(path)
    assert refused.value.response.status_code in {400, 403, 404}


def test_a_page_from_elsewhere_gets_no_socket(server):
    with pytest.raises(InvalidStatus) as refused:
        server.socket(PLAIN, origin="https://evil.example")
    assert refused.value.response.status_code == 403


def test_sessions_do_not_hear_each_other(server):
    one, two = server.socket(PLAIN), server.socket(PLAIN)
    sounds = noise(9_600, 1), noise(9_600, 2)
    for at in range(0, 9_600, 480):
        for peer, sound in zip((one, two), sounds, strict=True):
            peer.send(pcm16(sound[at : at + 480]))
    for peer, sound in zip((one, two), sounds, strict=True):
        peer.send(json.dumps({"type": "input_audio_buffer.commit"}))
        assert np.array_equal(collect(peer), sound)
        peer.close()


def test_who_is_silent_is_sent_away_and_who_talks_at_the_end_gets_a_goodbye(tmp_path):
    with serving(Settings(data_dir=tmp_path, serve_idle_s=1)) as server:
        silent = server.socket(PLAIN)
        assert event(silent, "error")["error"]["code"] == "idle"
        with pytest.raises(ConnectionClosed) as closed:
            silent.recv(60)
        assert closed.value.rcvd.code == 1001
        talking = server.socket(PLAIN)
        event(talking, "session.created")
    with pytest.raises(ConnectionClosed) as closed:
        talking.recv(60)
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "the server ends")
