"""Spoken turns on `/v1/realtime`: heard, understood, answered, interrupted, ended by whom."""

import time
import urllib.request

import numpy as np
import pytest

from realtime_peer import RATE_HZ, Talker, manual, shout, words
from voxhumana.dialogue import Message


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


def test_who_goes_on_before_the_answer_is_heard_has_one_turn(talker, mind):
    mind.free.clear()
    talker.say(words(1)[:-RATE_HZ])  # and half a second of silence
    created = talker.hear("response.created")
    talker.say(words(1))
    done = talker.hear("response.done").response
    assert (done.id, done.status) == (created.response.id, "cancelled")
    gone = talker.hear("conversation.item.deleted").item_id
    mind.free.set()
    assert talker.hear("response.done").response.status == "completed"
    committed = [e.item_id for e in talker.events if e.type == "input_audio_buffer.committed"]
    assert committed[0] == gone
    assert len(committed) == 2
    assert mind.asked[-1][-1].text == "one two"


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


def test_noise_that_is_no_word_starts_and_stops_and_answers_nothing(talker, mind):
    click = np.concatenate([np.zeros(2_400), 0.3 * np.ones(1_500), np.zeros(RATE_HZ)])
    talker.say(click)
    time.sleep(0.3)
    assert not mind.asked


def test_who_it_is_the_model_reads_while_the_first_words_are_said(client, mind, monkeypatch):
    read = []
    monkeypatch.setattr(mind, "complete", lambda messages: read.append(list(messages)) or 1.0, raising=False)
    with client.realtime.connect(model="gpt-realtime") as connection:
        talker = Talker(connection)
        talker.say(words(2))
        talker.hear("response.done")
    assert (read[0][0].role, read[0][-1].text) == ("system", "")
    assert read[-1][-1].text in {"one two", ""}
