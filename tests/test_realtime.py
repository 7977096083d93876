"""`/v1/realtime`, judged by the official `openai` client, unchanged, with scripted engines."""

import base64
import json
import threading
import time
import urllib.request

import numpy as np
import openai
import pytest

from listening import CountingTranscriber, HummingStream, LoudDetector, ScriptedResponder
from served import serving
from voxhumana.config import Settings
from voxhumana.dialogue import Message

RATE_HZ = 24_000
BLOCK = RATE_HZ // 50


class Humming:
    name = "hum"
    rate_hz = 16_000

    def open(self, voice=None):
        return HummingStream()


class Mind(ScriptedResponder):
    """Says a reply after the other; the last one stays."""

    def __init__(self):
        super().__init__("")
        self.script = ["I see."]

    def reply(self, messages):
        self.asked.append(list(messages))
        text = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if text == "!":
            raise RuntimeError("no mind")
        for word in text.split():
            yield word + " "


@pytest.fixture(scope="module")
def mind():
    return Mind()


@pytest.fixture(scope="module")
def server(tmp_path_factory, mind):
    def arrange(app):
        app.state.engines._loaded |= {
            "tts": Humming(),
            "stt": CountingTranscriber(),
            "detector": LoudDetector(),
            "llm": mind,
        }

    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), speculation=False)
    with serving(settings, arrange) as server:
        yield server


@pytest.fixture
def client(server, mind):
    mind.asked.clear()
    mind.script = ["I see."]
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def words(count, rate_hz=RATE_HZ):
    """So many words, and silence after them."""
    word = np.concatenate([np.zeros(rate_hz // 12), 0.3 * np.sin(np.arange(rate_hz // 4) / 5)])
    return np.concatenate([np.tile(word, count), np.zeros(rate_hz * 3 // 2)])


def shout():
    """A word so long that it interrupts whatever it is, and silence after it."""
    word = 0.3 * np.sin(np.arange(RATE_HZ * 6 // 5) / 5)
    return np.concatenate([word, np.zeros(RATE_HZ * 3 // 2)])


def base64_pcm(sound):
    return base64.b64encode((np.asarray(sound) * 32_767).astype("<i2").tobytes()).decode()


class Talker:
    """A client that keeps what it gets."""

    def __init__(self, connection):
        self.connection = connection
        self.events = []

    def hear(self, kind, timeout=15):
        """The next event of a kind."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            event = self.connection.recv()
            self.events.append(event)
            if event.type == kind:
                return event
            if event.type == "error" and kind != "error":
                raise AssertionError(event)
        raise AssertionError(f"no {kind} in {[e.type for e in self.events]}")

    def say(self, sound):
        for at in range(0, len(sound), BLOCK):
            self.connection.input_audio_buffer.append(audio=base64_pcm(sound[at : at + BLOCK]))

    def kinds(self):
        kinds = [event.type for event in self.events]
        return [kind for number, kind in enumerate(kinds) if number == 0 or kinds[number - 1] != kind]

    def sound(self):
        deltas = [e.delta for e in self.events if e.type == "response.output_audio.delta"]
        return np.frombuffer(b"".join(map(base64.b64decode, deltas)), "<i2")


@pytest.fixture
def talker(client):
    with client.realtime.connect(model="gpt-realtime") as connection:
        talker = Talker(connection)
        talker.hear("session.created")
        yield talker


def manual(talker, **more):
    audio = {"input": {"turn_detection": None}}
    talker.connection.session.update(session={"type": "realtime", "audio": audio, **more})
    return talker.hear("session.updated")


def ask(talker, text, **response):
    talker.connection.conversation.item.create(
        item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    )
    talker.connection.response.create(response=response)
    return talker.hear("response.done").response


def test_a_spoken_turn_is_heard_understood_and_answered_aloud(talker, mind):
    talker.say(words(2))
    done = talker.hear("response.done").response
    assert done.status == "completed"
    assert done.output[0].content[0].transcript == "I see."
    assert mind.asked[-1][-1] == Message("user", "one two")
    order = [kind for kind in talker.kinds() if kind != "conversation.created"]
    assert order[:11] == [
        "session.created",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
    ]
    assert order[-6:] == [
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    assert 0.1 < len(talker.sound()) / RATE_HZ < 1
    assert np.abs(talker.sound()).max() > 1_000
    started = next(e for e in talker.events if e.type == "input_audio_buffer.speech_started")
    stopped = next(e for e in talker.events if e.type == "input_audio_buffer.speech_stopped")
    assert stopped.audio_end_ms - started.audio_start_ms == pytest.approx(584, abs=80)


def test_turns_and_their_delays_are_counted_in_the_servers_metrics(talker, server):
    def counted(name):
        with urllib.request.urlopen(f"{server.url}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith(f"{name} ")))

    before = counted("vox_turns_total"), counted("vox_voice_to_voice_seconds_count")
    talker.say(words(2))
    talker.hear("response.done")
    after = counted("vox_turns_total"), counted("vox_voice_to_voice_seconds_count")
    assert after == (before[0] + 1, before[1] + 1)


def test_an_interruption_stops_the_reply_and_history_keeps_what_was_heard(talker, mind):
    mind.script = ["one two three four five six seven eight nine ten. " * 8 + "The end.", "Sorry."]  # 8 s
    talker.say(words(1))
    while len(talker.sound()) < RATE_HZ // 2:
        talker.hear("response.output_audio.delta")
    talker.say(shout())
    cancelled = talker.hear("response.done").response
    assert (cancelled.status, cancelled.status_details.reason) == ("cancelled", "turn_detected")
    heard = cancelled.output[0].content[0].transcript
    assert heard.startswith("one")
    assert "end" not in heard
    assert talker.hear("response.done").response.status == "completed"
    told = [m.text for m in mind.asked[-1]]
    assert told[-1] == "one"
    assert told[-2] == heard


def test_a_question_stands_although_nothing_of_its_answer_was_heard(talker, mind):
    mind.script = ["M" * 400 + ".", "Sorry."]
    talker.say(words(1))
    talker.hear("response.output_audio.delta")
    talker.say(shout())
    cancelled = talker.hear("response.done").response
    assert cancelled.status == "cancelled"
    assert not cancelled.output[0].content[0].transcript
    assert talker.hear("response.done").response.status == "completed"
    assert "conversation.item.deleted" not in talker.kinds()
    assert mind.asked[-1][-1].text.replace("\n", " ") == "one one"


def test_who_goes_on_before_the_answer_is_heard_has_one_turn(talker, mind, monkeypatch):
    answering = threading.Event()
    reply = mind.reply

    def slow(messages):
        answering.wait(10)
        yield from reply(messages)

    monkeypatch.setattr(mind, "reply", slow)
    talker.say(words(1)[:-RATE_HZ])  # and half a second of silence
    created = talker.hear("response.created")
    talker.say(words(1))
    done = talker.hear("response.done").response
    assert (done.id, done.status) == (created.response.id, "cancelled")
    gone = talker.hear("conversation.item.deleted").item_id
    answering.set()
    assert talker.hear("response.done").response.status == "completed"
    committed = [e.item_id for e in talker.events if e.type == "input_audio_buffer.committed"]
    assert committed[0] == gone
    assert len(committed) == 2
    assert mind.asked[-1][-1].text == "one two"


def test_a_cancelled_answer_leaves_the_question(talker, mind, monkeypatch):
    answering = threading.Event()
    monkeypatch.setattr(mind, "reply", lambda _: (answering.wait(10) and word for word in ("Well.",)))
    talker.say(words(1))
    talker.hear("response.created")
    talker.connection.response.cancel()
    done = talker.hear("response.done").response
    answering.set()
    assert (done.status, done.status_details.reason) == ("cancelled", "client_cancelled")
    item = next(e.item_id for e in talker.events if e.type == "input_audio_buffer.committed")
    talker.connection.conversation.item.retrieve(item_id=item)
    assert talker.hear("conversation.item.retrieved").item.content[0].transcript == "one"


def test_what_the_client_says_was_heard_counts(talker, mind):
    mind.script = ["one two three four five.", "Yes."]
    item = ask(talker, "Count.").output[0]
    talker.connection.conversation.item.truncate(item_id=item.id, content_index=0, audio_end_ms=150)
    assert talker.hear("conversation.item.truncated").audio_end_ms == 150
    talker.connection.conversation.item.retrieve(item_id=item.id)
    assert talker.hear("conversation.item.retrieved").item.content[0].transcript == "one"
    ask(talker, "And?")
    assert [m.text for m in mind.asked[-1]][-3:] == ["Count.", "one", "And?"]


CLOCK = {
    "type": "function",
    "name": "get_time",
    "description": "The time in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}


def test_a_function_is_called_and_its_result_is_spoken(talker, mind):
    mind.script = [
        'Let me see. <tool_call> {"name": "get_time", "arguments": {"city": "Bath"}} </tool_call>',
        "Ten.",
    ]
    manual(talker, tools=[CLOCK], tool_choice="auto")
    done = ask(talker, "What time is it in Bath?")
    words_item, call = done.output
    assert words_item.content[0].transcript == "Let me see."
    assert (call.type, call.name, json.loads(call.arguments)) == (
        "function_call",
        "get_time",
        {"city": "Bath"},
    )
    assert "get_time" in mind.asked[-1][0].text
    arguments = next(e for e in talker.events if e.type == "response.function_call_arguments.done")
    assert arguments.call_id == call.call_id
    talker.connection.conversation.item.create(
        item={"type": "function_call_output", "call_id": call.call_id, "output": '{"time": "10:00"}'}
    )
    talker.connection.response.create()
    assert talker.hear("response.done").response.output[0].content[0].transcript == "Ten."
    assert "10:00" in mind.asked[-1][-1].text


def test_a_spoken_question_can_call_a_function(talker, mind):
    mind.script = ['<tool_call>{"name": "get_time", "arguments": {}}</tool_call>']
    talker.connection.session.update(session={"type": "realtime", "tools": [CLOCK]})
    talker.hear("session.updated")
    talker.say(words(2))
    done = talker.hear("response.done").response
    assert [item.type for item in done.output] == ["function_call"]
    assert done.status == "completed"


def test_without_turn_detection_the_client_ends_turns(talker, mind):
    manual(talker)
    talker.say(words(3))
    talker.connection.input_audio_buffer.commit()
    completed = talker.hear("conversation.item.input_audio_transcription.completed")
    assert completed.transcript == "one two three"
    assert not mind.asked
    talker.connection.response.create()
    assert talker.hear("response.done").response.status == "completed"
    assert mind.asked[-1][-1].text == "one two three"


def test_with_turn_detection_a_commit_ends_the_turn_at_once(talker):
    talker.say(words(2)[: -3 * RATE_HZ // 2])
    talker.connection.input_audio_buffer.commit()
    assert talker.hear("response.done").response.status == "completed"


def test_turns_may_be_detected_and_not_answered(talker, mind):
    turns = {"type": "server_vad", "create_response": False}
    talker.connection.session.update(
        session={"type": "realtime", "audio": {"input": {"turn_detection": turns}}}
    )
    talker.hear("session.updated")
    talker.say(words(2))
    talker.hear("conversation.item.input_audio_transcription.completed")
    time.sleep(0.3)
    assert not mind.asked
    talker.connection.response.create(response={"instructions": "Be brief.", "output_modalities": ["text"]})
    done = talker.hear("response.done").response
    assert (done.output[0].content[0].type, done.output[0].content[0].text) == ("output_text", "I see.")
    assert mind.asked[-1][0].text == "Be brief."
    assert not len(talker.sound())


def test_a_response_can_be_cancelled(talker, mind):
    mind.script = ["a long reply " * 40, "I see."]
    talker.connection.response.create()
    talker.hear("response.output_audio.delta")
    talker.connection.response.cancel()
    done = talker.hear("response.done").response
    assert (done.status, done.status_details.reason) == ("cancelled", "client_cancelled")
    talker.connection.response.cancel()
    assert talker.hear("error").error.code == "response_cancel_not_active"


def test_one_response_at_a_time(talker, mind):
    mind.script = ["a long reply " * 40, "I see."]
    talker.connection.response.create()
    talker.hear("response.output_audio.delta")
    talker.connection.response.create()
    assert talker.hear("error").error.code == "conversation_already_has_active_response"


def test_items_can_be_put_in_taken_out_and_shown(talker, mind):
    item = talker.connection.conversation.item
    for name, role, kind in (
        ("a", "system", "input_text"),
        ("b", "user", "input_text"),
        ("c", "assistant", "output_text"),
    ):
        item.create(
            item={"id": name, "type": "message", "role": role, "content": [{"type": kind, "text": name}]}
        )
        assert talker.hear("conversation.item.done").item.id == name
    item.create(
        item={"id": "d", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "d"}]},
        previous_item_id="root",
    )
    item.delete(item_id="b")
    assert talker.hear("conversation.item.deleted").item_id == "b"
    ask(talker, "e")
    assert [m.text for m in mind.asked[-1][1:]] == ["d", "a", "c", "e"]
    item.retrieve(item_id="b")
    assert talker.hear("error").error.code == "item_not_found"


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


def test_a_mind_that_fails_is_told_and_the_next_turn_works(talker, mind):
    mind.script = ["!", "I see."]
    failed = ask(talker, "One.")
    assert failed.status == "failed"
    assert ask(talker, "Two.").status == "completed"


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


def test_noise_that_is_no_word_starts_and_stops_and_answers_nothing(talker, mind):
    click = np.concatenate([np.zeros(2_400), 0.3 * np.ones(1_500), np.zeros(RATE_HZ)])
    talker.say(click)
    time.sleep(0.3)
    assert not mind.asked


def test_formats_are_fixed_once_sound_was_heard(talker):
    talker.say(np.zeros(2_400))
    talker.connection.session.update(
        session={"type": "realtime", "audio": {"output": {"format": {"type": "audio/pcmu"}}}}
    )
    assert "fixed" in talker.hear("error").error.message
