"""Settings: precedence and refusals."""

import pytest

from voxhumana import config
from voxhumana.errors import UsageError


@pytest.fixture
def settings_file(tmp_path):
    return tmp_path / "config.yaml"


def test_nothing_needs_to_be_set(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "config_path", lambda: tmp_path / "none.yaml")
    assert config.load().output == "virtual"


def test_flags_beat_environment_beats_file(settings_file, monkeypatch):
    settings_file.write_text("frames: 64\nvoice: from-file\ninput: from-file\n")
    monkeypatch.setenv("VOX_FRAMES", "128")
    monkeypatch.setenv("VOX_VOICE", "from-env")
    settings = config.load(settings_file, frames=512)
    assert (settings.frames, settings.voice, settings.input) == (512, "from-env", "from-file")


def test_secrets_beside_the_file_are_read_and_the_environment_is_stronger(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "config_path", lambda: tmp_path / "config.yaml")
    (tmp_path / ".env").write_text("VOX_LLM_KEY=secret\nVOX_VOICE=ghost\n")
    monkeypatch.setenv("VOX_VOICE", "granny")
    settings = config.load()
    assert (settings.llm_key, settings.voice) == ("secret", "granny")
    (tmp_path / ".env").write_text("VOX_LLM_KYE=secret\n")
    with pytest.raises(UsageError, match="did you mean 'llm_key'"):
        config.load()


def test_an_unknown_key_is_refused_with_the_nearest_known_name(settings_file):
    settings_file.write_text("fames: 64\n")
    with pytest.raises(UsageError, match="did you mean 'frames'"):
        config.load(settings_file)


def test_a_value_out_of_range_is_refused_in_one_sentence(settings_file):
    settings_file.touch()
    with pytest.raises(UsageError, match=r"'frames' cannot be 7") as refused:
        config.load(settings_file, frames=7)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [\n", "\0"])
def test_a_file_that_is_not_settings_is_refused_by_name(settings_file, text):
    settings_file.write_text(text)
    with pytest.raises(UsageError, match=r"config\.yaml"):
        config.load(settings_file)
