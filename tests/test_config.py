"""Settings: precedence and refusals."""

import pytest

from voxhumana import config
from voxhumana.cli import app
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


@pytest.mark.parametrize(("name", "value"), [("VOX_SERVE_HOSTS", "vox.home"), ("VOX_HOTKEYS", "mute=f9")])
def test_a_list_in_the_environment_that_is_no_json_is_said_how_to_write(
    settings_file, monkeypatch, name, value
):
    settings_file.touch()
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=f"{name} cannot be read; write it as JSON, such as") as error:
        config.load(settings_file)
    monkeypatch.setenv(name, str(error.value).partition("such as ")[2].rstrip("."))
    config.load(settings_file)  # what it says to write can be read


@pytest.mark.parametrize(
    ("held", "sentence"),
    [(b"\xff\xfe\0\n", "cannot be read"), (b"VOX_FRAMS=3\n", r"\.env\); did you mean 'frames'")],
)
def test_secrets_that_are_none_are_refused_by_the_name_of_their_file(tmp_path, monkeypatch, held, sentence):
    (tmp_path / ".env").write_bytes(held)
    monkeypatch.setattr(config, "config_path", lambda: tmp_path / "config.yaml")
    with pytest.raises(UsageError, match=sentence) as error:
        config.load()
    assert str(tmp_path / ".env") in str(error.value)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("xyzzy: 1", r"known are: input, output, .*data_dir\.$"),
        ("hotkeys: {mut: x}", "'hotkeys.mut' cannot be 'mut'"),
        ("data_dir: 7", "must be a path"),
    ],
)
def test_what_a_file_may_not_hold_is_named_as_people_write_it(settings_file, line, sentence):
    settings_file.write_text(line)
    with pytest.raises(UsageError, match=sentence):
        config.load(settings_file)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("VOX_VIOCE", "did you mean VOX_VOICE?"),
        ("VOX_CONVERT_VIOCE", "did you mean VOX_VOICE?"),
        ("VOX_LLM_KYE", "did you mean VOX_LLM_KEY?"),
        ("VOX_XYZZY", "unset it if it was meant for vox."),
        ("vox_dta_dir", "did you mean VOX_DATA_DIR?"),
    ],
)
def test_a_stray_in_the_environment_is_told_and_ignored(settings_file, monkeypatch, name, hint):
    settings_file.touch()
    monkeypatch.setenv(name, "granny")
    assert config.strays() == [f"The environment's {name} is no setting and is ignored; {hint}"]
    assert config.load(settings_file).voice == "uncle"


def test_settings_in_the_environment_are_no_strays(monkeypatch):
    for name in ("VOX_VOICE", "vox_frames", "VOX_SERVE_HOSTS", "VOXEL_SIZE", "VOX_REQUIRE_REAL"):
        monkeypatch.setenv(name, "1")
    assert config.strays() == []


def test_every_command_tells_of_strays(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("VOX_VIOCE", "granny")
    app(["voices", "--help"], prog_name="vox", standalone_mode=False)
    told = "vox: The environment's VOX_VIOCE is no setting and is ignored; did you mean VOX_VOICE?\n"
    assert capsys.readouterr().err == told
