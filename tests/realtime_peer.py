"""A client of `/v1/realtime`, the official one, that keeps what it gets; sounds that scripted ears hear."""

import base64
import threading
import time

import numpy as np

from listening import HummingStream, ScriptedResponder

RATE_HZ = 24_000
BLOCK = RATE_HZ // 50


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
        self.free = threading.Event()
        """Until it is set, a reply is thought about: 10 s at most."""
        self.free.set()

    def reply(self, messages):
        self.asked.append(list(messages))
        self.free.wait(10)
        text = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if text == "!":
            raise RuntimeError("no mind")
        for word in text.split():
            yield word + " "
