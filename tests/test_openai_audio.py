"""The audio API, judged by the official `openai` client, unchanged."""

import io
import wave

import av
import numpy as np
import openai
import pytest

from listening import CountingTranscriber, HummingStream, LoudDetector
from served import serving
from voxhumana.config import Settings
from voxhumana.speak.pauses import SENTENCE_S


class Humming:
    """A speaker that hums."""

    name = "hum"
    rate_hz = 16_000

    def open(self, voice=None):
        return HummingStream()


def arrange(app):
    app.state.engines._loaded |= {"tts": Humming(), "stt": CountingTranscriber(), "detector": LoudDetector()}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(Settings(data_dir=tmp_path_factory.mktemp("data"), engine="identity"), arrange) as server:
        yield server


@pytest.fixture(scope="module")
def client(server):
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def decoded(data):
    """Whatever FFmpeg makes of it: seconds, and the loudest sample."""
    with av.open(io.BytesIO(data)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        rate_hz = container.streams.audio[0].rate
    sound = np.concatenate([frame.reshape(-1) for frame in frames])
    full = 32_768 if sound.dtype == np.int16 else 2**31 if sound.dtype == np.int32 else 1
    return len(sound) / rate_hz, np.abs(sound / full).max()


@pytest.mark.parametrize("kind", ["mp3", "opus", "aac", "flac", "wav"])
def test_text_is_spoken_in_every_format(client, kind):
    answer = client.audio.speech.create(
        model="tts-1", voice="robot", input="Hello there.", response_format=kind
    )
    seconds, peak = decoded(answer.content)
    assert seconds == pytest.approx(12 * 0.02 + SENTENCE_S, abs=0.1)
    assert peak > 0.05


def test_pcm_is_24_khz_and_streams(client):
    asked = client.audio.speech.with_streaming_response.create(
        model="hibari", voice="alloy", input="Hello there.", response_format="pcm"
    )
    with asked as answer:
        data = b"".join(answer.iter_bytes())
    assert len(data) / 2 / 24_000 == pytest.approx(12 * 0.02 + SENTENCE_S, abs=0.02)


@pytest.mark.parametrize(("speed", "factor"), [(0.25, 4), (2.0, 0.5)])
def test_speed_is_obeyed(client, speed, factor):
    asked = {"model": "tts-1", "voice": "robot", "input": "a" * 60, "response_format": "pcm"}
    plain = len(client.audio.speech.create(**asked).content)
    assert len(client.audio.speech.create(**asked, speed=speed).content) == pytest.approx(
        plain * factor, rel=0.1
    )


def test_speech_comes_as_events_too(client):
    asked = client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="robot", input="Hello.", response_format="pcm", stream_format="sse"
    )
    with asked as answer:
        lines = [line for line in answer.iter_lines() if line]
    assert "speech.audio.delta" in lines[0]
    assert "speech.audio.done" in lines[-1]


@pytest.mark.parametrize(
    ("changed", "error", "param"),
    [
        ({"voice": "nobody"}, openai.BadRequestError, None),
        ({"model": "gpt-9"}, openai.NotFoundError, "model"),
        ({"input": "?!"}, openai.BadRequestError, "input"),
        ({"input": "a" * 5_000}, openai.BadRequestError, "input"),
        ({"speed": 9.0}, openai.BadRequestError, "speed"),
        ({"response_format": "midi"}, openai.BadRequestError, "response_format"),
    ],
)
def test_speech_that_cannot_be_is_refused_as_the_client_expects(client, changed, error, param):
    asked = {"model": "tts-1", "voice": "robot", "input": "Hello."} | changed
    with pytest.raises(error) as refused:
        client.audio.speech.create(**asked)
    assert refused.value.param == param
    assert refused.value.type == "invalid_request_error"


def bursts(count, rate_hz=16_000):
    """A WAV in which somebody says so many words."""
    word = np.concatenate([np.zeros(rate_hz // 5), 0.3 * np.sin(np.arange(rate_hz // 4) / 10)])
    sound = np.concatenate([np.tile(word, count), np.zeros(rate_hz * 3 // 2)])
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, rate_hz, 0, "NONE", ""))
        out.writeframes((sound * 32_767).astype("<i2").tobytes())
    return ("words.wav", file.getvalue())


def test_a_file_is_written_down(client):
    assert client.audio.transcriptions.create(model="whisper-1", file=bursts(3)).text == "one two three"


def test_a_transcript_has_the_form_that_is_asked_for(client):
    def heard(shape):
        return client.audio.transcriptions.create(model="whisper", file=bursts(2), response_format=shape)

    assert heard("text") == "one two\n"
    verbose = heard("verbose_json")
    assert (verbose.text, verbose.segments[0].text) == ("one two", "one two")
    assert verbose.duration == pytest.approx(2.4, abs=0.01)
    assert 0 <= verbose.segments[0].start < verbose.segments[0].end <= verbose.duration
    assert heard("srt").startswith("1\n00:00:00,")
    assert heard("vtt").startswith("WEBVTT\n")


def test_a_transcript_streams_utterance_by_utterance(client):
    events = list(client.audio.transcriptions.create(model="whisper-1", file=bursts(2), stream=True))
    assert [event.type for event in events] == ["transcript.text.delta", "transcript.text.done"]
    assert events[-1].text == "one two"


def test_silence_produces_no_text(client):
    assert client.audio.transcriptions.create(model="whisper-1", file=bursts(0)).text == ""


@pytest.mark.parametrize(
    "data",
    [b"", b"not sound", b"RIFF\xff\xff\xff\xffWAVE", b"\0" * 10_000],
    ids=["empty", "text", "half a header", "zeros"],
)
def test_a_file_that_is_no_sound_is_refused(client, data):
    with pytest.raises(openai.BadRequestError) as refused:
        client.audio.transcriptions.create(model="whisper-1", file=("x.wav", data))
    assert "/tmp" not in str(refused.value)


def test_a_playlist_cannot_make_the_server_read_its_own_files(client, tmp_path):
    (tmp_path / "secret.wav").write_bytes(bursts(2)[1])
    for text in (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{tmp_path}/secret.wav\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile '{tmp_path}/secret.wav'\n",
    ):
        with pytest.raises(openai.BadRequestError):
            client.audio.transcriptions.create(model="whisper-1", file=("list.m3u8", text.encode()))


def test_another_language_is_refused_and_not_misheard(client):
    with pytest.raises(openai.BadRequestError, match="English"):
        client.audio.transcriptions.create(model="whisper-1", file=bursts(1), language="de")


def test_models_can_be_listed(client):
    assert {"dsp", "hibari", "whisper"} <= {model.id for model in client.models.list()}


@pytest.mark.models
def test_what_the_server_says_it_understands(tmp_path):
    with (
        serving(Settings(data_dir=tmp_path)) as server,
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client,
    ):
        said = client.audio.speech.create(
            model="tts-1", voice="narrator", input="Would you like a cup of tea, my friend?"
        )
        heard = client.audio.transcriptions.create(model="whisper-1", file=("tea.mp3", said.content))
    assert "a cup of tea" in heard.text.lower()
