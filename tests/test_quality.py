"""The quality bench's own sums: who is converted into whom, means and how sure they are, sheets."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from signals import noise
from voxhumana.audio import spectrogram
from voxhumana.bench import quality, sheet
from voxhumana.bench.row import Row
from voxhumana.bench.speech import Clip, Target, read_clips, trials
from voxhumana.cli import app
from voxhumana.commands.bench import figure
from voxhumana.errors import UsageError

HEAD = "path\tspeaker\ttranscript\tlang\tmeta"


def clip(speaker, words=("tea",), language="en", first=None, age=None):
    return Clip(Path(f"{speaker}.opus"), speaker, list(words), language, first or language, age)


def people(count):
    return [Target(f"person {n}", noise(1, 10), noise(2, 10)) for n in range(count)]


def converted(trials, before=None):
    row = Row(before)
    for trial in trials:
        row.add(**trial)
    return row


def spoken(edits, words=10):
    return {"edits": edits, "words": words}


def test_words_lost_are_those_beyond_what_was_misheard_of_the_source():
    source = converted([spoken(1), spoken(2)])
    found = converted([spoken(2), spoken(4)], source).summary()
    assert found["wer"] == pytest.approx(30)
    assert found["wer_lost"] == pytest.approx(15)


def test_trials_that_agree_leave_no_doubt_and_those_that_differ_do():
    source = converted([spoken(1) for _ in range(20)])
    sure = converted([spoken(2) for _ in range(20)], source).summary()
    unsure = converted([spoken(2 * (n % 2) + 1) for n in range(20)], source).summary()
    assert (sure["wer_lost_low"], sure["wer_lost_high"]) == pytest.approx((10, 10))
    assert unsure["wer_lost_low"] < 6 < unsure["wer_lost"] == pytest.approx(10)
    assert unsure["wer_lost_high"] > 14


def test_what_harms_source_and_conversion_alike_casts_no_doubt():
    edits = np.random.default_rng(0).integers(0, 9, 20)
    source = converted([spoken(int(n)) for n in edits])
    found = converted([spoken(int(n) + 1) for n in edits], source).summary()
    assert (found["wer_lost_low"], found["wer_lost_high"]) == pytest.approx((10, 10))


def test_the_interval_of_likeness_holds_it():
    rng = np.random.default_rng(1)
    likeness = {
        "start": 0.5,
        "ideal": 0.9,
        "ideal_long": 1.0,
        "start_2": 0.2,
        "ideal_2": 0.6,
        "ideal_long_2": 1.0,
    }
    told = [likeness | {"secs": 0.6 + rng.normal(0, 0.05), "secs_2": 0.4} for _ in range(30)]
    found = converted(told).summary()
    assert found["closed_low"] < found["closed"] < found["closed_high"]
    assert found["closed"] == pytest.approx(25, abs=8)
    assert found["closed_2"] == pytest.approx(50)
    assert found["closed_long"] == pytest.approx(found["closed"] * 0.8)
    assert "start" not in found


def test_a_target_is_heard_for_as_long_as_the_clip():
    target = Target("ann", np.zeros(0, np.float32), np.arange(10, dtype=np.float32))
    assert [each.tolist() for each in target.stretches(4)] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert [len(each) for each in target.stretches(30)] == [10]


def test_a_trial_that_lacks_a_figure_does_not_spoil_the_others():
    found = converted([{"f0_correlation": 0.8, **spoken(1)}, {"f0_correlation": float("nan")}]).summary()
    assert found["f0_correlation"] == pytest.approx(0.8)
    assert found["wer"] == pytest.approx(10)
    assert converted([]).summary() == {}


def test_a_manifest_tells_language_first_language_and_age(tmp_path):
    rows = ["a.opus\tann\tTea, please!\ten (L1 zh)\tage=6;sex=f;l1=zh", "b.opus\tben\tചായ\tml\tage=default"]
    (tmp_path / "manifest.tsv").write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    ann, ben = read_clips(tmp_path)
    assert (ann.words, ann.language, ann.first_language, ann.age) == (["tea", "please"], "en", "zh", 6)
    assert ann.child
    assert ann.english
    assert (ben.language, ben.first_language, ben.child, ben.english) == ("ml", "ml", False, False)


def test_a_manifest_that_lacks_a_column_is_told_so(tmp_path):
    (tmp_path / "manifest.tsv").write_text("path\tspeaker\tlang\n", encoding="utf-8")
    with pytest.raises(UsageError, match="lacks the column transcript"):
        read_clips(tmp_path)


def test_nobody_is_converted_into_himself_and_only_fitting_clips_are_taken():
    clips = [clip(f"person {n % 4}") for n in range(12)] + [clip("person 1", language="ml")]
    pairs = list(trials(clips, people(4), 2))
    assert len(pairs) == 8
    assert all(said.speaker != target.name and said.english for said, target in pairs)
    assert [c.language for c, _ in trials(clips, people(4), 2, lambda c: c.language == "ml")] == ["ml"]


def test_rows_by_first_language_split_the_same_trials():
    pairs = [(clip("a", first="zh"), None), (clip("b"), None), (clip("c", first="zh"), None)]
    source = converted([spoken(1), spoken(2), spoken(3)])
    table = {"source": source, "native": converted([spoken(2), spoken(4), spoken(6)], source)}
    found = quality.by_first_language(table, pairs, {"native": None})
    assert found["L1 zh"].summary()["wer"] == pytest.approx(20)
    assert found["L1 zh, native"].summary()["wer_lost"] == pytest.approx(20)
    assert found["L1 en, native"].summary()["wer_lost"] == pytest.approx(20)


def test_one_person_has_nobody_to_be_converted_into(tmp_path):
    (tmp_path / "manifest.tsv").write_text(HEAD)
    with pytest.raises(UsageError, match="two people"):
        quality.measure(tmp_path, ("dsp",), 1, None, None, None, print)


def test_a_sheet_has_a_labelled_panel_for_each_sound(tmp_path):
    file = tmp_path / "new" / "sheet.png"
    sheet.draw({"source": noise(1, 24_000), "target": noise(2, 90_000), "native": noise(3, 10)}, file)
    image = np.asarray(Image.open(file))
    high, wide = spectrogram.HIGH + sheet.LABEL + sheet.GAP, spectrogram.WIDE + sheet.GAP
    assert image.shape == (2 * high + sheet.GAP, 2 * wide + sheet.GAP, 3)
    labels = [image[y : y + sheet.LABEL, x : x + wide] for y in (sheet.GAP, high) for x in (0, wide)]
    assert [bool((label != sheet.PAPER).any()) for label in labels] == [True, True, True, False]


def test_a_figure_says_how_sure_it_is():
    assert figure({"closed": 31.92, "closed_low": 28.4, "closed_high": 35.6}, "closed") == "31.9 [28, 36]"
    assert figure({"wer": 20.96}, "wer") == "21"
    assert figure({"closed": 0.0, "closed_low": 0.0, "closed_high": 0.0}, "closed") == "0"
    assert figure({}, "wer") == ""


class Judges:
    """In the panel's stead; at the trial `until` somebody ends the program."""

    until = 99

    def __init__(self):
        self.heard = 0

    def everything(self, said, clip, target):
        self.heard += 1
        if self.heard > 2 * self.until:  # each trial is heard as recorded, and as converted
            raise KeyboardInterrupt
        return {"edits": self.heard, "words": 100}

    def likeness(self, said, clip, target):
        return {"ideal": 1.0, "ideal_2": 1.0}

    def naturalness(self, said):
        return {"dnsmos": 3.0}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """`vox bench quality` of three clips, with stand-ins: what its report and draft hold; None = nothing."""
    (tmp_path / "manifest.tsv").write_text(HEAD)
    clips = [clip(f"person {n}") for n in range(3)]
    for name, stand_in in {
        "Panel": Judges,
        "contender": lambda name: (None, lambda target: None),
        "convert": lambda engine, voice, sound: (sound, 0.1, 1.0),
        "read_clips": lambda folder: clips,
        "targets": lambda clips: people(3),
        "built_in": lambda: [Target("uncle", noise(1, 10), noise(2, 10))],
    }.items():
        monkeypatch.setattr(quality, name, stand_in)
    for each in clips:
        each.__dict__["sound"] = noise(1, 10)

    def run(until):
        monkeypatch.setattr(Judges, "until", until)
        words = ["bench", "quality", str(tmp_path), "--engine", "dsp", "--json", str(tmp_path / "q.json")]
        with contextlib.suppress(KeyboardInterrupt):
            app(words, prog_name="vox", standalone_mode=False)
        files = tmp_path / "q.json", tmp_path / "q.unfinished.json"
        return [json.loads(file.read_text()) if file.exists() else None for file in files]

    return run


def test_a_run_that_is_killed_leaves_the_rows_it_has_beside_the_report(bench, capsys):
    whole, draft = bench(until=2)
    assert whole is None
    assert draft["finished"] is False
    assert draft["rows"]["source"]["wer"] == pytest.approx((1 + 3) / 2)
    assert draft["rows"]["dsp"]["wer"] == pytest.approx((2 + 4) / 2)
    assert "q.unfinished.json." in capsys.readouterr().err.splitlines()[0]


def test_a_run_that_ends_leaves_one_whole_report(bench):
    bench(until=1)
    whole, draft = bench(until=99)
    assert draft is None
    assert "finished" not in whole
    assert whole["rows"]["dsp"]["wer"] == pytest.approx((2 + 4 + 6) / 3)
    assert whole["rows"]["dsp, built-in"]["wer"] == pytest.approx((8 + 10 + 12) / 3)
    old = whole
    whole, draft = bench(until=1)  # what is whole stays until another is
    assert whole == old
    assert draft["rows"]["dsp"]["wer"] == pytest.approx(2)
