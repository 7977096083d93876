"""Numbers and log lines: what they say, and what they must not."""

import json
import logging
import time

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from voxhumana.config import Settings
from voxhumana.server.app import create
from voxhumana.server.journal import Lines

HERE = "http://127.0.0.1:7861"


@pytest.fixture
def client(tmp_path):
    app = create(Settings(data_dir=tmp_path))
    with TestClient(app, base_url=HERE, client=("127.0.0.1", 1), raise_server_exceptions=False) as client:
        yield client


def numbers(client):
    text = client.get("/metrics").text
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_status_and_never_by_what_was_typed(client):
    client.get("/v1/models/dsp")
    client.get("/v1/models/secret-words")
    client.get("/nowhere/secret-words")
    client.get("/health", headers={"Host": "evil.example"})
    counted = numbers(client)
    assert counted["vox_requests_total", "/v1/models/{model}", "200"] == 1 or (
        counted["vox_requests_total", "200", "/v1/models/{model}"] == 1
    )
    assert counted["vox_requests_total", "403", "other"] == 1
    assert "secret" not in str(counted)


def test_sessions_are_counted(client):
    before = numbers(client)
    with client.websocket_connect("ws://127.0.0.1:7861/v1/convert?engine=identity") as socket:
        socket.receive_text()
        during = numbers(client)
    assert before["vox_sessions", "conversion"] == 0
    assert during["vox_sessions", "conversion"] == 1
    assert during["vox_sessions_begun", "conversion"] == 1
    assert during["vox_sessions_limit", "realtime"] == 4
    assert during["vox_memory_bytes",] > 1e6


def test_the_log_is_json_and_knows_no_words(client, caplog):
    with caplog.at_level(logging.INFO, logger="voxhumana.server"):
        client.get("/v1/models/secret-words?also=secret")
        client.post("/v1/audio/speech", json={"model": "tts-1", "voice": "x", "input": "secret words"})
        with client.websocket_connect("ws://127.0.0.1:7861/v1/convert?engine=identity") as socket:
            socket.receive_text()
        for _ in range(500):  # the session ends by itself
            if any(record.getMessage() == "session" for record in caplog.records):
                break
            time.sleep(0.01)
    rows = [json.loads(Lines().format(record)) for record in caplog.records if "voxhumana" in record.name]
    assert {"request", "session"} == {row["what"] for row in rows}
    assert next(row for row in rows if row["what"] == "session")["kind"] == "conversion"
    assert "secret" not in json.dumps(rows)
