"""A TLS handshake with a real server; `tls/` holds a certificate that signs itself, for these tests alone."""

import json
import ssl
import urllib.request
from http.client import BadStatusLine, RemoteDisconnected
from pathlib import Path
from urllib.error import URLError

import pytest
from websockets.sync.client import connect

from served import event, serving
from voxhumana.config import Settings
from voxhumana.errors import UsageError
from voxhumana.server.app import create
from voxhumana.server.run import server as uvicorn_server
from voxhumana.server.tokens import Tokens

TLS = Path(__file__).parent / "tls"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(folder):
    settings = Settings(
        data_dir=folder, serve_auth="always", serve_cert=TLS / "cert.pem", serve_key=TLS / "key.pem"
    )
    with serving(settings) as server:
        yield server


def trusting():
    return ssl.create_default_context(cafile=TLS / "cert.pem")


def get(server, path, context, **headers):
    asked = urllib.request.Request(f"https://localhost:{server.port}{path}", headers=headers)
    with urllib.request.urlopen(asked, timeout=60, context=context) as answer:
        return answer.status, json.load(answer)


def test_who_trusts_the_certificate_is_served_by_a_current_version(server):
    assert get(server, "/health", trusting())[0] == 200
    with connect(
        f"wss://localhost:{server.port}/v1/convert", ssl=trusting(), additional_headers=bearer(server)
    ) as peer:
        assert event(peer, "session.created")
        assert peer.socket.version() in {"TLSv1.2", "TLSv1.3"}


def bearer(server):
    tokens = Tokens(server.app.state.engines.settings.data_dir)
    token = tokens.mint("robin", ["convert"], 1)
    tokens.close()
    return {"Authorization": f"Bearer {token}"}


def test_who_does_not_trust_it_hears_nothing(server):
    with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
        get(server, "/health", ssl.create_default_context())


def test_who_speaks_an_old_version_or_no_tls_at_all_is_hung_up_on(server):
    old = trusting()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(URLError):
        get(server, "/health", old)
    with pytest.raises((RemoteDisconnected, BadStatusLine, URLError, ConnectionError)):
        urllib.request.urlopen(f"http://localhost:{server.port}/health", timeout=60)
    assert get(server, "/health", trusting())[0] == 200


def test_a_certificate_without_its_key_is_no_tls(folder):
    half = Settings(data_dir=folder, serve_cert=TLS / "cert.pem")
    with pytest.raises(UsageError, match="certificate and its key"):
        uvicorn_server(create(half), half)
