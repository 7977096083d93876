"""The server's catalogue, its refusals and its door."""

import pytest
from fastapi.testclient import TestClient

from voxhumana.config import Settings
from voxhumana.server.app import create

HERE = "http://127.0.0.1:7861"


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path)


@pytest.fixture
def client(settings):
    with TestClient(create(settings), base_url=HERE, client=("127.0.0.1", 50_000)) as client:
        yield client


def test_health_says_that_it_is_there(client):
    assert client.get("/health").json()["status"] == "ok"


def test_the_shelf_is_listed(client):
    voices = client.get("/v1/audio/voices").json()["data"]
    assert "uncle" in {voice["id"] for voice in voices}


def test_each_listed_model_can_be_shown(client):
    models = client.get("/v1/models").json()["data"]
    assert {"conversion", "transcription", "speech", "language"} == {model["kind"] for model in models}
    for model in models:
        assert client.get(f"/v1/models/{model['id']}").json() == model


def test_every_error_has_the_body_that_openai_clients_read(client):
    for method, path, status in (
        ("GET", "/v1/models/none", 404),
        ("GET", "/nowhere", 404),
        ("PUT", "/health", 405),
    ):
        answer = client.request(method, path)
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_a_failure_inside_says_nothing_of_the_inside(settings):
    app = create(settings)

    @app.get("/broken")
    def broken():
        raise ZeroDivisionError("secret")

    here = ("127.0.0.1", 50_000)
    with TestClient(app, base_url=HERE, client=here, raise_server_exceptions=False) as client:
        answer = client.get("/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:7861", "", "[::1", "localhost.evil"]
)
def test_a_name_that_is_not_ours_is_refused(client, host):
    answer = client.get("/health", headers={"Host": host})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "host_not_allowed")


@pytest.mark.parametrize("host", ["localhost:7861", "127.0.0.1", "[::1]:7861", "192.168.1.7:7861"])
def test_addresses_and_localhost_are_ours(client, host):
    assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:80", "file://"])
def test_a_page_from_elsewhere_is_refused(client, origin):
    answer = client.get("/health", headers={"Origin": origin})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_not_allowed")


def test_our_own_pages_and_those_named_in_settings_may_come_in(tmp_path):
    settings = Settings(data_dir=tmp_path, serve_hosts=["vox.home"], serve_origins=["https://tea.example"])
    with TestClient(create(settings), base_url="http://vox.home:7861") as client:
        for origin in ("http://vox.home:7861", "https://tea.example"):
            assert client.get("/health", headers={"Origin": origin}).status_code == 200


def test_the_description_lists_no_page_that_fetches_from_elsewhere(client):
    assert client.get("/docs").status_code == 404
    paths = client.get("/openapi.json").json()["paths"]
    assert "/v1/audio/voices" in paths
    assert all("422" not in o["responses"] for path in paths.values() for o in path.values())
