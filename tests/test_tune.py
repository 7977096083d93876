"""`vox bench rvc`: block, context and fade by measurement; what a machine can do is made up here."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import signals
from test_rvc import SHORT, voice
from voxhumana.bench import tune
from voxhumana.cli import app
from voxhumana.convert.rvc import timing

MODELS = Path(__file__).parent / "models"


def machine(each_frame_ms):
    """One that takes so long for each frame of block and context."""

    def timed(engine, voice, sound):
        t = engine.timing
        return [each_frame_ms * (t.block + t.context)] * 3

    return timed


def chosen(monkeypatch, each_frame_ms):
    monkeypatch.setattr(tune, "SOUND_S", 1.5)
    monkeypatch.setattr(tune, "timed", machine(each_frame_ms))
    steps = []
    found, tried = tune.tune("", voice("rvc-v2-40k.onnx"), lambda done, whole: steps.append((done, whole)))
    assert [done for done, _ in steps] == list(range(len(steps)))
    assert steps[-1][0] < steps[-1][1]
    return found, tried


def test_a_fast_machine_gets_short_blocks_and_a_slow_one_long_ones(monkeypatch):
    fast, tried = chosen(monkeypatch, 0.1)
    slow, _ = chosen(monkeypatch, 2.0)
    hopeless, never = chosen(monkeypatch, 50.0)
    assert fast.block < slow.block <= hopeless.block == max(tune.BLOCKS)
    assert all(one.load > tune.SPARE for one in never)
    assert next(one for one in tried if one.timing == fast).load <= tune.SPARE
    assert tried[0].alike >= tune.ALIKE


def test_a_context_that_is_too_short_is_not_chosen(monkeypatch):
    monkeypatch.setattr(tune, "CONTEXTS", (16, 200))
    monkeypatch.setattr(tune, "ALIKE", 0.9999)
    found, _ = chosen(monkeypatch, 0.1)
    assert found.context == 200


def test_a_click_is_heard_and_a_smooth_join_is_not():
    tone = 0.3 * np.sin(2 * np.pi * 150 * np.arange(48_000) / 48_000).astype(np.float32)
    assert tune.click(tone, 100, 4800) <= tune.CLICK
    broken = tone.copy()
    broken[100 + 3 * 4800 :] += 0.02
    assert tune.click(broken, 100, 4800) > tune.CLICK


def test_likeness_hears_other_words_and_not_another_phase():
    one, other = signals.speech(1.0, 48_000), signals.speech(1.0, 48_000, seed=5)
    assert tune.likeness(one, -one) == pytest.approx(1)
    assert tune.likeness(one, other) < 0.9


def test_the_command_keeps_what_live_reads(monkeypatch, tmp_path):
    monkeypatch.setattr(timing.platformdirs, "user_cache_path", lambda app: tmp_path)
    tried = [tune.Tried(SHORT, 99, 5, 9, 0.99, 1.0)]
    monkeypatch.setattr(tune, "tune", lambda model, voice, tell: (SHORT, tried))
    told = ["bench", "rvc", str(MODELS / "rvc-v2-40k.onnx"), "--json", str(tmp_path / "a")]
    shown = CliRunner().invoke(app, told)
    assert shown.exit_code == 0, shown.output
    assert "chosen" in shown.output
    assert timing.load() == SHORT
    assert json.loads((tmp_path / "a").read_text())["chosen"]["block"] == SHORT.block


def test_without_a_voice_it_says_what_to_name(monkeypatch, tmp_path):
    monkeypatch.setenv("VOX_DATA_DIR", str(tmp_path))
    shown = CliRunner().invoke(app, ["bench", "rvc"])
    assert "vox bench rvc FILE.pth" in str(shown.exception)
