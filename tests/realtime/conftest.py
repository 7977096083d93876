"""A server of scripted engines, and the official `openai` client, unchanged, that judges it."""

import openai
import pytest

from listening import CountingTranscriber, LoudDetector
from realtime_peer import Humming, Mind, Talker
from served import serving
from voxhumana.config import Settings


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
    mind.free.set()
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def talker(client):
    with client.realtime.connect(model="gpt-realtime") as connection:
        talker = Talker(connection)
        talker.hear("session.created")
        yield talker
