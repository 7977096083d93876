"""The buttons of the Models page, without the page."""

import pickle
import sys
from pathlib import Path

import pytest

import voxhumana
from voxhumana.config import Settings
from voxhumana.errors import UsageError, VoxError

pytest.importorskip("gradio")
from voxhumana.library.models import filing, manifest
from voxhumana.library.models.recognise import Found
from voxhumana.studio.pages import models, own_models

NETWORK = Path(voxhumana.__file__).parent / "convert" / "weights" / "voiceprint.onnx"


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data")


class Harm:
    def __reduce__(self):
        return (sys.exit, ("a pickle was executed",))


def test_what_can_be_fetched_is_offered_with_its_size_and_licence(settings):
    offered = own_models.absent(settings)
    assert offered
    for label, name in offered:
        assert manifest.find(name).source
        assert manifest.find(name).licence in label


@pytest.mark.parametrize("ending", own_models.ENDINGS)
@pytest.mark.parametrize("data", [b"", b"MZ" * 500, pickle.dumps(Harm())], ids=["empty", "other", "pickle"])
def test_what_is_no_model_is_refused_in_a_sentence_and_not_run(settings, tmp_path, ending, data):
    path = tmp_path / f"thing{ending}"
    path.write_bytes(data)
    with pytest.raises(VoxError, match=r"\.$"):
        own_models.brought(settings, path, "me")
    assert own_models.here(settings) == []


def test_without_a_choice_nothing_is_done(settings):
    with pytest.raises(UsageError, match="Choose a model"):
        own_models.picked(None)


def test_a_model_of_ones_own_is_filed_and_shown(settings, monkeypatch):
    monkeypatch.setattr(filing, "known", lambda _: Found("voiceprint network", None))
    said = own_models.brought(settings, NETWORK, "")
    assert "voiceprint network" in said
    assert own_models.here(settings) == [NETWORK.stem]
    shown = next(row for row in models.known(settings) if row.name == NETWORK.stem)
    assert not shown.install
    assert "Brought by you" in shown.says


def test_a_persons_voice_needs_a_yes(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(filing, "known", lambda _: Found("RVC v2 voice", "rvc"))
    path = tmp_path / "dad.pth"
    path.write_bytes(b"weights")
    with pytest.raises(UsageError, match="consent"):
        own_models.brought(settings, path, "")
    assert "on the shelf" in own_models.brought(settings, path, "He agreed.")
