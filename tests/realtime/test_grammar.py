"""What `/v1/realtime` takes and refuses: formats, the beta's words, messages that mean nothing."""

import base64
import json

import numpy as np
import pytest

from realtime_peer import ask, manual, words


@pytest.mark.parametrize("kind", ["audio/pcmu", "audio/pcma"])
def test_the_telephone_speaks_g711(talker, kind):
    shape = {"input": {"format": {"type": kind}}, "output": {"format": {"type": kind}}}
    talker.connection.session.update(session={"type": "realtime", "audio": shape})
    assert talker.hear("session.updated").session.audio.input.format.type == kind
    sound = words(2, 8_000)
    codes = encode(sound, kind)
    for at in range(0, len(codes), 160):
        talker.connection.input_audio_buffer.append(audio=base64.b64encode(codes[at : at + 160]).decode())
    done = talker.hear("response.done").response
    assert done.status == "completed"
    deltas = b"".join(
        base64.b64decode(e.delta) for e in talker.events if e.type == "response.output_audio.delta"
    )
    assert 0.1 < len(deltas) / 8_000 < 1


def encode(sound, kind):
    from voxhumana.server.pcm import A_LAW, MU_LAW

    return (MU_LAW if kind == "audio/pcmu" else A_LAW).encode(np.asarray(sound, np.float32))


def test_the_beta_s_words_are_understood(server):
    import websockets.sync.client

    head = {"OpenAI-Beta": "realtime=v1"}
    url = f"ws://127.0.0.1:{server.port}/v1/realtime?model=gpt-4o-realtime-preview"
    with websockets.sync.client.connect(url, additional_headers=head) as peer:
        old = {
            "modalities": ["text", "audio"],
            "input_audio_format": "g711_ulaw",
            "turn_detection": None,
            "voice": "alloy",
        }
        peer.send(json.dumps({"type": "session.update", "session": old}))
        peer.send(json.dumps({"type": "response.create"}))
        kinds = set()
        while "response.done" not in kinds:
            kinds.add(json.loads(peer.recv(10))["type"])
    assert {"session.updated", "response.audio.delta", "conversation.item.created"} <= kinds


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "invalid_event"),
        ('{"type": "response.fly"}', "invalid_event"),
        ('{"type": "session.update", "session": {"fly": 1}}', "invalid_event"),
        ('{"type": "session.update", "session": {"audio": {"output": {"voice": "nobody"}}}}', None),
        ('{"type": "session.update", "session": {"tools": [{"name": "; rm"}]}}', "invalid_event"),
        ('{"type": "input_audio_buffer.append", "audio": "AA=="}', "invalid_audio"),
        ('{"type": "input_audio_buffer.append", "audio": "*"}', "invalid_audio"),
        (
            '{"type": "conversation.item.create", "item": {"type": "message", "role": "god", "content": []}}',
            "invalid_event",
        ),
        ('{"type": "conversation.item.delete", "item_id": "nobody"}', "item_not_found"),
        ('{"type": "response.create", "response": {"conversation": "none"}}', "invalid_event"),
        ('{"type": "response.cancel"}', "response_cancel_not_active"),
    ],
)
def test_what_cannot_be_is_refused_and_the_conversation_goes_on(talker, message, code):
    talker.connection._connection.send(message)
    assert talker.hear("error").error.code == code
    assert ask(talker, "Still there?").status == "completed"


def test_an_empty_commit_is_refused(talker):
    manual(talker)
    talker.connection.input_audio_buffer.commit()
    assert talker.hear("error").error.code == "input_audio_buffer_commit_empty"


def test_formats_are_fixed_once_sound_was_heard(talker):
    talker.say(np.zeros(2_400))
    talker.connection.session.update(
        session={"type": "realtime", "audio": {"output": {"format": {"type": "audio/pcmu"}}}}
    )
    assert "fixed" in talker.hear("error").error.message
