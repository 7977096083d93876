"""Responses of `/v1/realtime`: functions, cancellation, failure; items put in and taken out."""

import json

from realtime_peer import ask, manual, words


def test_a_cancelled_answer_leaves_the_question(talker, mind):
    mind.free.clear()
    talker.say(words(1))
    talker.hear("response.created")
    talker.connection.response.cancel()
    done = talker.hear("response.done").response
    mind.free.set()
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


def test_a_mind_that_fails_is_told_and_the_next_turn_works(talker, mind):
    mind.script = ["!", "I see."]
    failed = ask(talker, "One.")
    assert failed.status == "failed"
    assert ask(talker, "Two.").status == "completed"
