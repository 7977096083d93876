"""The studio's own routes, without Gradio."""

import io
import wave

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from voxhumana.config import Settings
from voxhumana.library import parcel
from voxhumana.library.shelf import SAMPLE
from voxhumana.studio.app import routes
from voxhumana.studio.booth import Booth, parse
from voxhumana.studio.jacks import Jacks
from voxhumana.studio.policy import Policy
from voxhumana.studio.previews import Previews
from voxhumana.studio.socket import endpoint


@pytest.fixture
def client(tmp_path):
    settings = Settings(input=f"file:{SAMPLE}", output=f"file:{tmp_path / 'out.wav'}", data_dir=tmp_path)
    jacks, previews = Jacks(settings), Previews(settings)
    booth = Booth(settings, jacks)
    app = FastAPI()
    app.include_router(routes(settings, jacks, previews))
    app.add_api_websocket_route("/booth/live", endpoint(booth, parse))
    app.add_middleware(Policy, path="/booth")
    with TestClient(app) as client:
        yield client
    booth.close()
    previews.close()


def test_every_voice_is_a_card_with_a_picture(client):
    cards = client.get("/booth/voices").json()["voices"]
    assert {"uncle", "robot"} <= {card["name"] for card in cards}
    assert all(card["portrait"].startswith("data:image/svg+xml;base64,") for card in cards)


def test_a_preview_is_the_sample_in_that_voice(client):
    with wave.open(io.BytesIO(client.get("/booth/previews/robot.wav").content)) as file:
        assert file.getnframes() / file.getframerate() > 2


@pytest.mark.parametrize("name", ["nobody", "..%2f..%2fetc%2fpasswd", "UNCLE"])
def test_a_voice_that_is_not_there_is_a_404(client, name):
    assert client.get(f"/booth/previews/{name}.wav").status_code == 404


def test_a_voice_is_given_away_as_a_file(client, tmp_path):
    path = tmp_path / "robot.voxvoice"
    path.write_bytes(client.get("/booth/voices/robot.voxvoice").content)
    assert "voice.yaml" in parcel.read(path)
    assert client.get("/booth/voices/nobody.voxvoice").status_code == 404


def test_the_settings_own_devices_are_on_offer(client, tmp_path):
    offer = client.get("/booth/devices").json()
    assert offer["inputs"][0] == {"word": f"file:{SAMPLE}", "label": "sample.ogg (file)"}
    assert offer["outputs"][0]["word"] == f"file:{tmp_path / 'out.wav'}"


def test_nonsense_on_the_socket_is_answered_with_a_sentence_and_no_more(client):
    with client.websocket_connect("/booth/live") as socket:
        assert socket.receive_json()["type"] == "knobs"
        socket.send_text("nonsense")
        assert socket.receive_json()["text"].endswith("load it again.")
        socket.send_json({"type": "pitch", "semitones": 2})
        assert socket.receive_json()["pitch_semitones"] == 2


def test_a_browser_may_fetch_from_nowhere_else(client):
    policy = client.get("/booth/voices").headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert "http" not in policy
