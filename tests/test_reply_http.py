"""The engines that ask a server, against one that speaks their protocols."""

from collections.abc import Iterator

import ollama
import pytest

from language_server import LanguageServer, serving
from voxhumana import config, registry
from voxhumana.dialogue import Message, Responder
from voxhumana.errors import UsageError, VoxError

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


def test_a_model_that_ollama_lacks_comes_with_the_command_to_get_it(server: LanguageServer) -> None:
    with pytest.raises(VoxError, match=r"it has: tiny:latest.*run: ollama pull llama3.2"):
        responder(server, ENGINES[0], "llama3.2")


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(VoxError, match=r"Nobody answers|no address"):
        registry.load_responder(config.Settings(llm="openai:x@nonsense"))


def test_an_unknown_engine_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="llama, ollama, openai"):
        registry.load_responder(config.Settings(llm="oracle"))
