"""The table of `vox bench live`: figures beside what is wanted of them."""

import pytest

from voxhumana.bench.verdict import markdown, verdict

FILES = [{"file_delay": 768, "file_delay_declared": 768}, {}]
CHEAP, NETWORK = {"cpu_rtf": 0.1, "rtf": 0.3}, {"cpu_rtf": 0.2, "rtf": 0.3}
GOOD = {
    "delays": [
        {"frames": 128, "median_ms": 9.9, "p99_ms": 20, "server_ms": 0.1, "heard": 200, "bursts": 200},
    ],
    "voices": [
        {"voice": "uncle", "engine": "native", "median_ms": 50, "p99_ms": 70, "cost": NETWORK},
        {"voice": "uncle", "engine": "dsp", "median_ms": 60, "p99_ms": 70, "cost": CHEAP},
    ],
    "stall": {"before_ms": 5, "after_ms": 10},
    "start": {"help": {"wall_s": 0.2, "cpu_s": 0.1}, "live": {"wall_s": 1.9}},
    "soak": {
        "minutes": 30, "blocks": 10_000, "underruns": 9, "underruns_in_1000": 0.9,
        "delay_before_ms": 40, "delay_after_ms": 45, "resident_before_mb": 90, "resident_after_mb": 109,
    },
}  # fmt: skip


def test_what_is_good_enough_is_told_so():
    rows = verdict(FILES, GOOD)
    assert len(rows) == 12
    assert all(row.met for row in rows)


@pytest.mark.parametrize(
    ("part", "figure", "worse"),
    [
        ("delays", "median_ms", 10.1),
        ("delays", "median_ms", float("nan")),
        ("voices", "median_ms", 61),
        ("voices", "cost", {"cpu_rtf": 0.21, "rtf": 0.1}),
        ("stall", "after_ms", 10.1),
        ("soak", "underruns_in_1000", 1.0),
        ("soak", "delay_after_ms", 34),
        ("soak", "resident_after_mb", 111),
    ],
)
def test_one_figure_that_is_too_bad_is_one_row_that_says_no(part, figure, worse):
    measured = GOOD[part]
    if isinstance(measured, list):
        changed = [{**measured[0], figure: worse}, *measured[1:]]
    else:
        changed = {**measured, figure: worse}
    rows = verdict(FILES, {**GOOD, part: changed})
    assert [row.met for row in rows].count(False) == 1


def test_effects_may_cost_half_of_what_a_network_may():
    voices = [{**GOOD["voices"][1], "cost": NETWORK}]
    assert [row.met for row in verdict([], {"voices": voices})] == [True, False]


def test_files_a_sample_late_are_told():
    (row,) = verdict([{"file_delay": 769, "file_delay_declared": 768}], {})
    assert not row.met


def test_what_was_not_measured_has_no_row():
    assert verdict([{}], {}) == []
    assert verdict([], {"server": "pipewire", "delays": []}) == []


def test_the_table_is_markdown():
    lines = markdown("pipewire", verdict(FILES, GOOD)).splitlines()
    assert lines[0] == "## pipewire"
    assert {line.count("|") for line in lines[2:] if line} == {5}
