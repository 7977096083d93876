"""The engines that ask a server, against one that speaks their protocols."""

from collections.abc import Iterator

import ollama
import pytest

from language_server import LanguageServer, serving
from voxhumana import config, registry
from voxhumana.dialogue import Message, Responder
from voxhumana.errors import UsageError, VoxError
from voxhumana.reply import http

MESSAGES = [Message("system", "Be kind."), Message("user", "Hello.")]
ENGINES = [("ollama", ""), ("openai", "/v1")]


@pytest.fixture
def server() -> Iterator[LanguageServer]:
    with serving(LanguageServer()) as running:
        yield running


def responder(server: LanguageServer, engine: tuple[str, str], model: str = "", key: str = "") -> Responder:
    name, path = engine
    return registry.load_responder(config.Settings(llm=f"{name}:{model}@{server.url}{path}", llm_key=key))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_reply_streams_and_the_question_arrives(server: LanguageServer, engine: tuple[str, str]) -> None:
    mind = responder(server, engine)
    assert list(mind.reply(MESSAGES)) == ["Good ", "morning."]
    mind.close()
    mind.close()
    (asked,) = server.asked
    assert asked["stream"] is True
    assert asked["model"] in {"tiny", "tiny:latest"}
    assert asked["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hello."},
    ]


def test_the_official_ollama_client_takes_our_server_for_one(server: LanguageServer) -> None:
    client = ollama.Client(server.url)
    parts = client.chat("tiny", messages=[{"role": "user", "content": "Hello."}], stream=True)
    assert "".join(part.message.content for part in parts) == "Good morning."
    assert client.list().models[0].model == "tiny:latest"
    client._client.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reply_that_nobody_wants_any_more_is_hung_up_on(
    server: LanguageServer, engine: tuple[str, str]
) -> None:
    server.endless = True
    mind = responder(server, engine)
    reply = mind.reply(MESSAGES)
    assert next(reply) == "Good "
    reply.close()
    assert server.hung_up.wait(10)
    server.endless = False
    assert list(mind.reply(MESSAGES)) == ["Good ", "morning."]
    mind.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_that_breaks_off_says_so_after_what_it_said(
    server: LanguageServer, engine: tuple[str, str]
) -> None:
    server.breaks_off_after = 1
    mind = responder(server, engine)
    said = []
    with pytest.raises(VoxError, match="broke off"):
        said += mind.reply(MESSAGES)
    said.clear()
    server.breaks_off_after = None
    assert list(mind.reply(MESSAGES)) == ["Good ", "morning."]
    mind.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_key_is_sent_and_a_wrong_one_is_reported(server: LanguageServer, engine: tuple[str, str]) -> None:
    server.key = "secret"
    mind = responder(server, engine, key="secret")
    assert "".join(mind.reply(MESSAGES)) == "Good morning."
    mind.close()
    with pytest.raises(VoxError, match=r"401 .*wrong key.*check the model and the key"):
        list(responder(server, engine, "tiny", key="guess").reply(MESSAGES))


@pytest.mark.parametrize("engine", ENGINES)
def test_an_answer_in_another_language_is_refused_in_a_sentence(
    server: LanguageServer, engine: tuple[str, str]
) -> None:
    server.garbage = True
    server.words = []
    if engine[0] == "openai":
        server.breaks_off_after = 0
    mind = responder(server, engine)
    with pytest.raises(VoxError, match=r"does not speak|broke off"):
        list(mind.reply(MESSAGES))
    mind.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_nobody_at_home_says_what_to_start(engine: tuple[str, str]) -> None:
    with serving(LanguageServer()) as gone:
        pass
    with pytest.raises(VoxError, match=r"Nobody answers at http://127.*start"):
        responder(gone, engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_that_is_killed_in_mid_reply_is_one_sentence_and_the_next_reply_comes(
    server: LanguageServer, engine: tuple[str, str]
) -> None:
    mind = responder(server, engine)
    server.aborts_after = 1
    reply = mind.reply(MESSAGES)
    assert next(reply) == "Good "
    with pytest.raises(VoxError, match="broke off") as died:
        next(reply)
    assert "\n" not in str(died.value)
    server.aborts_after = None
    assert list(mind.reply(MESSAGES)) == ["Good ", "morning."]
    mind.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_that_still_loads_its_model_is_asked_again(
    server: LanguageServer, engine: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "PAUSE_S", 0.01)
    server.busy = 2
    mind = responder(server, engine)
    server.busy = 3
    assert list(mind.reply(MESSAGES)) == ["Good ", "morning."]
    monkeypatch.setattr(http, "BUSY_S", 0.0)
    server.busy = 1
    with pytest.raises(VoxError, match=r"503 .*Loading model"):
        list(mind.reply(MESSAGES))
    mind.close()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "part", ["[1]", '"hello"', "{", '{"error": "out of\\nmemory"}', '{"error": {"message": 1}}']
)
def test_whatever_json_a_server_sends_is_an_answer_or_a_sentence(
    server: LanguageServer, engine: tuple[str, str], part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mind = responder(server, engine)
    line = part if engine[0] == "ollama" else f"data: {part}"
    monkeypatch.setattr(mind._client, "lines", lambda *_: iter([line]))
    with pytest.raises(VoxError) as told:
        list(mind.reply(MESSAGES))
    assert "\n" not in str(told.value)
    mind.close()


def test_a_model_that_is_named_and_not_there_is_fetched_first(
    server: LanguageServer, capfd: pytest.CaptureFixture[str]
) -> None:
    mind = responder(server, ENGINES[0], "llama3.2")
    assert server.fetched == ["llama3.2"]
    assert mind.models() == ["tiny:latest", "llama3.2"]
    assert capfd.readouterr().out == "", "the bar is for standard error"
    assert list(mind.reply(MESSAGES)) == ["Good ", "morning."]
    assert server.asked[-1]["model"] == "llama3.2"
    assert server.asked[-1]["keep_alive"] == "30m"
    mind.close()


def test_a_model_that_nobody_has_is_one_sentence_with_those_there_are(server: LanguageServer) -> None:
    with pytest.raises(VoxError, match=r"no model 'nothing' \(it has: tiny:latest\).*does not exist") as told:
        responder(server, ENGINES[0], "nothing")
    assert "\n" not in str(told.value)


def test_the_official_client_takes_our_server_for_one_that_fetches(server: LanguageServer) -> None:
    client = ollama.Client(server.url)
    assert [part.status for part in client.pull("small", stream=True)][-1] == "success"
    client._client.close()


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(VoxError, match=r"Nobody answers|no address"):
        registry.load_responder(config.Settings(llm="openai:x@nonsense"))


def test_an_unknown_engine_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="llama, ollama, openai"):
        registry.load_responder(config.Settings(llm="oracle"))
