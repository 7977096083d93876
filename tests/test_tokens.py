"""Who may come in: every way to be refused, and the few to be let in."""

import json
import stat
import sys
from pathlib import Path

import jwt
import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse

from voxhumana import config
from voxhumana.config import Settings
from voxhumana.errors import UsageError, VoxError
from voxhumana.server import throttle
from voxhumana.server.app import create
from voxhumana.server.keys import FILE, Keys
from voxhumana.server.refusal import Refusal
from voxhumana.server.throttle import Throttle, network
from voxhumana.server.tokens import ALGORITHM, SCOPES, US, Tokens

HERE = "http://127.0.0.1:7861"
FAR = ("203.0.113.9", 50_000)


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, serve_per_minute=10_000)


@pytest.fixture
def tokens(settings):
    tokens = Tokens(settings.data_dir)
    yield tokens
    tokens.close()


def guest(settings, address=FAR):
    return TestClient(create(settings), base_url=HERE, client=address)


@pytest.fixture
def far(settings):
    """A client elsewhere."""
    with guest(settings) as client:
        yield client


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def forged(tokens, **changes):
    """A token with our own key and other claims."""
    good = tokens.mint("robin", ["read"], 1)
    claims = jwt.decode(good, options={"verify_signature": False})
    key = tokens.keys.newest()
    return jwt.encode(claims | changes, key.secret, ALGORITHM, headers={"kid": key.name})


def test_this_machine_needs_no_token_and_others_do(settings, far):
    with guest(settings, ("127.0.0.1", 1)) as near, guest(settings, ("::1", 1)) as near_too:
        assert near.get("/v1/models").status_code == near_too.get("/v1/models").status_code == 200
    answer = far.get("/v1/models")
    refused(answer, 401, "token_missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert far.get("/health").status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_who_comes_through_a_proxy_is_not_from_here(settings, header):
    with guest(settings, ("127.0.0.1", 1)) as client:
        refused(client.get("/v1/models", headers={header: "127.0.0.1"}), 401, "token_missing")


def test_settings_may_ask_everybody_for_a_token(settings, tokens):
    strict = settings.model_copy(update={"serve_auth": "always"})
    with guest(strict, ("127.0.0.1", 1)) as client:
        refused(client.get("/v1/models"), 401, "token_missing")
        assert client.get("/v1/models", headers=bearer(tokens.mint("me", ["read"], 1))).status_code == 200


def test_a_token_opens_what_its_scopes_say_and_nothing_else(far, tokens):
    token = tokens.mint("robin", ["read", "speech"], 1)
    assert far.get("/v1/audio/voices", headers=bearer(token)).status_code == 200
    asked = {"model": "tts-1", "voice": "nobody", "input": "Hello."}
    assert far.post("/v1/audio/speech", headers=bearer(token), json=asked).status_code == 400
    for path in ("/v1/audio/transcriptions", "/metrics", "/", "/studio"):
        refused(far.get(path, headers=bearer(token)), 403, "scope_missing")


def test_every_scope_opens_something(far, tokens):
    paths = {"read": "/v1/models", "studio": "/anything"}
    for scope, path in paths.items():
        assert far.get(path, headers=bearer(tokens.mint("x", [scope], 1))).status_code in {200, 404}
    assert set(paths) < set(SCOPES)


def test_an_expired_token_is_refused(far, tokens):
    refused(far.get("/v1/models", headers=bearer(tokens.mint("robin", ["read"], -1))), 401, "token_expired")


def test_a_revoked_token_is_refused_at_its_next_use(far, tokens):
    token = tokens.mint("robin", ["read"], 1)
    assert far.get("/v1/models", headers=bearer(token)).status_code == 200
    assert len(tokens.ledger.revoke("robin")) == 1
    refused(far.get("/v1/models", headers=bearer(token)), 401, "token_revoked")


def test_a_token_that_was_never_given_out_is_refused_although_it_is_signed(far, tokens):
    refused(far.get("/v1/models", headers=bearer(forged(tokens, jti="made-up"))), 401, "token_revoked")


def test_a_rotated_secret_still_believes_old_tokens_until_it_is_told_to_forget(far, tokens):
    old = tokens.mint("robin", ["read"], 1)
    tokens.keys.rotate(forget=False)
    new = tokens.mint("robin", ["read"], 1)
    assert far.get("/v1/models", headers=bearer(old)).status_code == 200
    tokens.keys.rotate(forget=True)
    for token in (old, new):
        refused(far.get("/v1/models", headers=bearer(token)), 401, "invalid_token")


def test_forgeries_are_refused(far, tokens):
    good = tokens.mint("robin", ["read"], 1)
    claims = jwt.decode(good, options={"verify_signature": False})
    key = tokens.keys.newest()
    head, body, signature = good.split(".")
    for token in (
        jwt.encode(claims, "x" * 64, ALGORITHM, headers={"kid": key.name}),
        jwt.encode(claims, key.secret, ALGORITHM, headers={"kid": "other"}),
        jwt.encode(claims, key.secret, ALGORITHM),
        jwt.encode(claims, key.secret, "HS512", headers={"kid": key.name}),
        jwt.encode(claims, None, "none", headers={"kid": key.name}),
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}",
        forged(tokens, iss="elsewhere"),
        forged(tokens, aud="elsewhere"),
        forged(tokens, jti=None),
        forged(tokens, exp=None),
        forged(tokens, scope=None),
        "x",
        "a" * 5_000,
        "..",
    ):
        answer = far.get("/v1/models", headers=bearer(token))
        assert answer.status_code in {401, 429}, token


def test_a_socket_takes_a_token_by_header_or_subprotocol_and_is_refused_without(far, tokens):
    token = tokens.mint("robin", ["convert"], 1)
    path = "ws://127.0.0.1:7861/v1/convert?engine=identity"
    with pytest.raises(WebSocketDenialResponse) as none, far.websocket_connect(path):
        pass
    assert none.value.status_code == 401
    wrong = bearer(tokens.mint("robin", ["talk"], 1))
    with pytest.raises(WebSocketDenialResponse) as lacking, far.websocket_connect(path, headers=wrong):
        pass
    assert lacking.value.status_code == 403
    with far.websocket_connect(path, headers=bearer(token)) as socket:
        assert json.loads(socket.receive_text())["type"] == "session.created"
    offered = ["realtime", f"openai-insecure-api-key.{token}"]
    with far.websocket_connect(path, subprotocols=offered) as socket:
        assert socket.accepted_subprotocol == "realtime"


def test_the_studio_s_link_becomes_a_cookie_and_leaves_no_token_in_the_address(far, tokens):
    token = tokens.mint("robin", ["studio"], 1)
    answer = far.get(f"/?token={token}&page=live", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?page=live")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert far.get("/page").status_code == 404  # let in, and there is nothing
    refused(far.get("/v1/models"), 403, "scope_missing")


def test_a_token_in_the_address_opens_no_api(settings, tokens):
    token = tokens.mint("robin", ["read"], 1)
    with guest(settings) as client:
        refused(client.get(f"/v1/models?token={token}"), 401, "token_missing")


def test_who_tries_tokens_waits_ever_longer(settings, tokens):
    good = tokens.mint("robin", ["read"], 1)
    with guest(settings) as client, guest(settings, ("198.51.100.1", 1)) as other:
        answers = [client.get("/v1/models", headers=bearer(f"{n}.x.y")) for n in range(40)]
        codes = [answer.status_code for answer in answers]
        assert codes[: throttle.FREE_TRIES] == [401] * throttle.FREE_TRIES
        slowed = answers[codes.index(429)]
        refused(slowed, 429, "too_many_tries")
        assert int(slowed.headers["Retry-After"]) >= 1
        assert other.get("/v1/models", headers=bearer(good)).status_code == 200


def test_the_wait_doubles_and_is_forgotten():
    now = 0.0
    slow = Throttle(1_000, lambda: now)
    waits = []
    for _ in range(30):
        try:
            slow.ask("198.51.100.1")
        except Refusal as refusal:
            waits.append(refusal.retry_after_s)
            now += refusal.retry_after_s
            slow.ask("198.51.100.1")
        slow.wrong("198.51.100.1")
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert max(waits) == throttle.LONGEST_S
    now += throttle.FORGET_S + throttle.LONGEST_S
    slow.ask("198.51.100.1")
    slow.wrong("198.51.100.1")
    slow.ask("198.51.100.1")


def test_too_many_requests_are_refused_and_the_budget_comes_back():
    now = 0.0
    slow = Throttle(60, lambda: now)
    for _ in range(60):
        slow.ask("a")
    with pytest.raises(Refusal) as refusal:
        slow.ask("a")
    assert refusal.value.status == 429
    slow.ask("b")
    now = 1.0
    slow.ask("a")


def test_addresses_are_remembered_in_bounded_memory_and_by_network():
    slow = Throttle(60, lambda: 0.0)
    for number in range(throttle.KNOWN + 10):
        slow.ask(f"10.0.{number // 256}.{number % 256}")
    assert len(slow._guests) == throttle.KNOWN
    assert network("2001:db8::1") == network("2001:db8::ffff:1") != network("2001:db8:0:1::1")
    assert network("not an address") == "not an address"


def test_signatures_are_compared_in_constant_time_and_before_anything_else(far, tokens, monkeypatch):
    compared = []
    monkeypatch.setattr("jwt.algorithms.hmac.compare_digest", lambda a, b: bool(compared.append(1)) or a == b)
    monkeypatch.setattr("voxhumana.server.ledger.Ledger.valid", lambda *_: pytest.fail("looked up unsigned"))
    good = tokens.mint("robin", ["read"], 1)
    far.get("/v1/models", headers=bearer(good[:-4] + "AAAA"))
    assert compared


@pytest.mark.skipif(sys.platform == "win32", reason="no file modes")
def test_the_secrets_are_their_owner_s_alone(tokens, settings):
    tokens.mint("robin", ["read"], 1)
    assert stat.S_IMODE((settings.data_dir / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["{", "{}", '[{"fly": 1}]', "[1]"])
def test_a_damaged_key_file_lets_nobody_in_and_says_what_to_do(settings, far, text):
    settings.data_dir.joinpath(FILE).write_text(text)
    with pytest.raises(VoxError, match="remove the file"):
        Keys(settings.data_dir).newest()
    assert far.get("/v1/models", headers=bearer("a.b.c")).status_code in {401, 503}


def test_a_body_that_is_too_long_is_refused_declared_or_not(settings):
    small = settings.model_copy(update={"serve_body_mb": 0.01})
    with guest(small, ("127.0.0.1", 1)) as client:
        refused(client.post("/v1/audio/speech", content=b"x" * 20_000), 413, "too_long")
        refused(client.post("/v1/audio/speech", content=(b"x" * 1_000 for _ in range(20))), 413, "too_long")
        assert client.post("/v1/audio/speech", content=b"x" * 5_000).status_code == 400


def test_tokens_are_made_listed_revoked_and_rotated_by_command(tmp_path, monkeypatch, capsys):
    from voxhumana.commands import token

    monkeypatch.setattr(config, "config_path", lambda: tmp_path / "none.yaml")
    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path))
    token.list_()
    assert "No token was given out yet" in capsys.readouterr().out
    token.create("robin", ["speech"], 1)
    made = capsys.readouterr().out.strip()
    assert jwt.decode(made, options={"verify_signature": False})["iss"] == US
    token.list_()
    assert "robin" in (shown := capsys.readouterr().out)
    assert made not in shown
    token.list_(Path("-"))
    (row,) = json.loads(capsys.readouterr().out)["tokens"]
    assert (row["name"], row["scopes"], row["state"]) == ("robin", "speech", "good")
    token.revoke("robin")
    assert "Revoked" in capsys.readouterr().out
    with pytest.raises(UsageError, match="token list"):
        token.revoke("nobody")
    with pytest.raises(UsageError, match="needs a name"):
        token.create(" ")
    with pytest.raises(UsageError, match="choose of"):
        token.create("robin", ["fly"], 1)
    token.rotate(forget=True)
    assert "worth nothing" in capsys.readouterr().out
