"""Nonsense of every kind: HTTP by its own description, the sockets by malformed and huge messages.

Nothing may crash, nothing may be a 500, and whoever is sensible is still served afterwards.
"""

import base64
import contextlib
import json
import random

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance
from websockets.exceptions import ConnectionClosed

from listening import CountingTranscriber, LoudDetector
from realtime_peer import Humming, Mind
from served import event, serving
from voxhumana.config import Settings

pytestmark = pytest.mark.slow

MESSAGES = {
    "/v1/convert?engine=identity": [
        {"type": "session.update", "session": {"voice": "ogre", "rate_hz": 16_000}},
        {"type": "input_audio_buffer.append", "audio": base64.b64encode(b"\1\2" * 300).decode()},
        {"type": "input_audio_buffer.commit"},
        {"type": "input_audio_buffer.clear"},
    ],
    "/v1/realtime": [
        {"type": "session.update", "session": {"audio": {"input": {"turn_detection": None}}}},
        {"type": "session.update", "session": {"input_audio_format": "g711_ulaw", "tools": []}},
        {"type": "input_audio_buffer.append", "audio": base64.b64encode(b"\1\2" * 300).decode()},
        {"type": "input_audio_buffer.commit"},
        {"type": "input_audio_buffer.clear"},
        {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}},
        {"type": "conversation.item.truncate", "item_id": "x", "content_index": 0, "audio_end_ms": 3},
        {"type": "conversation.item.delete", "item_id": "x"},
        {"type": "response.create", "response": {"instructions": "x"}},
        {"type": "response.cancel"},
    ],
}


@pytest.fixture(scope="module")
def app_and_server(tmp_path_factory):
    def arrange(app):
        app.state.engines._loaded |= {
            "tts": Humming(),
            "stt": CountingTranscriber(),
            "detector": LoudDetector(),
            "llm": Mind(),
        }

    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), serve_converts=100, serve_talks=100)
    with serving(settings, arrange) as server:
        yield server


@pytest.fixture(scope="module")
def description(app_and_server):
    return schemathesis.openapi.from_url(f"{app_and_server.url}/openapi.json")


def test_the_http_api_is_as_it_describes_itself(description):
    tried = []
    for found in description.get_all_operations():
        operation = found.ok()

        @profile(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def probe(case):
            case.call_and_validate(excluded_checks=[positive_data_acceptance])  # not all bytes are sound

        probe()
        tried.append(operation.label)
    assert "POST /v1/audio/speech" in tried
    assert "POST /v1/audio/transcriptions" in tried


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def spoilt(message, seed, junk):
    """A good message, gone bad in one place."""
    rng = random.Random(seed)
    message = json.loads(json.dumps(message))
    place = message
    while True:
        key = rng.choice(list(place))
        if isinstance(place[key], dict) and place[key] and rng.random() < 0.7:
            place = place[key]
            continue
        break
    match rng.randrange(3):
        case 0:
            del place[key]
        case 1:
            place[key] = junk
        case _:
            place[f"{key}x"] = junk
    return json.dumps(message)


@pytest.mark.parametrize("path", MESSAGES)
@profile(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_socket_survives_nonsense(app_and_server, path, data):
    with app_and_server.socket(path) as peer:
        event(peer, "session.created")
        for _ in range(data.draw(st.integers(1, 12))):
            good = data.draw(st.sampled_from(MESSAGES[path]))
            kind = data.draw(st.sampled_from(["good", "spoilt", "bytes", "text", "json"]))
            if kind == "good":
                peer.send(json.dumps(good))
            elif kind == "spoilt":
                peer.send(spoilt(good, data.draw(st.integers(0, 999)), data.draw(json_values)))
            elif kind == "bytes":
                peer.send(data.draw(st.binary(max_size=600)))
            elif kind == "text":
                peer.send(data.draw(st.text(max_size=200)))
            else:
                peer.send(json.dumps(data.draw(json_values)))
        peer.send('{"type": "nothing", "event_id": "last"}')
        while event(peer, "error")["error"]["event_id"] != "last":
            pass


@pytest.mark.parametrize("path", MESSAGES)
def test_a_socket_survives_the_huge_and_the_deep(app_and_server, path):
    for message in (
        "[" * 200_000,
        '{"type":' * 50_000,
        '{"type": "session.update", "session": ' + "{" * 900 + "}" * 900 + "}",
        json.dumps({"type": "input_audio_buffer.append", "audio": "A" * 900_000}),
        json.dumps({"type": "x" * 500_000}),
        "\0" * 3_000_000,
    ):
        with app_and_server.socket(path) as peer:
            event(peer, "session.created")
            with contextlib.suppress(ConnectionClosed):  # of what is too long, with 1009
                peer.send(message)
                peer.send('{"type": "nothing", "event_id": "last"}')
                while event(peer, "error")["error"]["event_id"] != "last":
                    pass
    with app_and_server.socket(path) as peer:
        assert event(peer, "session.created")


def test_who_does_not_read_is_no_burden(app_and_server):
    """Half a minute of sound goes to a peer that never reads; another is served meanwhile."""
    deaf = app_and_server.socket("/v1/convert?engine=identity&denoise=false", max_queue=1)
    for _ in range(60):
        deaf.send(b"\1\0" * 12_000)
    with app_and_server.socket("/v1/convert?engine=identity") as peer:
        peer.send(b"\1\0" * 480)
        assert isinstance(next(m for m in peer if isinstance(m, bytes)), bytes)
    deaf.close()
