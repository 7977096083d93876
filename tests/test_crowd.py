"""What is said of a server under sessions: each row holds, or says NO."""

import numpy as np
import pytest

from voxhumana.bench.crowd import by_minute, growth_mb, verdict

NOTHING = {
    "asked_converts": 0,
    "asked_talks": 0,
    "converts": 0,
    "talks": 0,
    "refused_beyond": {},
    "lost_ms": [],
    "memory_growth_mb": None,
}
CONVERTS = NOTHING | {
    "asked_converts": 16,
    "converts": 16,
    "refused_beyond": {"convert": 503},
    "stretches": 480,
    "stretches_foreign": 0,
    "likeness_own": 0.93,
    "likeness_other": 0.35,
    "silences": 116,
    "foreign_peak": 0.0,
    "lost_ms": [0.0] * 16,
    "declared_ms": 41.7,
    "delay_p50_ms": 60.0,
    "delay_p99_ms": 131.0,
    "delay_max_ms": 253.0,
    "memory_growth_mb": 0.5,
    "memory_mb_by_minute": [620, 620],
    "duration_s": 120.0,
}
TALKS = NOTHING | {
    "asked_talks": 4,
    "talks": 4,
    "refused_beyond": {"realtime": 503},
    "talk_questions": 17,
    "talk_answers": 17,
    "talk_answer_p50_ms": 4600.0,
    "talk_answer_p95_ms": 11_000.0,
    "talk_understood": 17,
    "talk_foreign": 0,
    "talk_errors": [],
}


@pytest.mark.parametrize(
    ("figures", "unmet"),
    [
        (CONVERTS, []),
        (TALKS, []),
        (CONVERTS | {"converts": 15}, ["converts let in"]),
        (CONVERTS | {"refused_beyond": {"convert": 500}}, ["one convert more"]),
        (CONVERTS | {"foreign_peak": 0.01}, ["peak of the others"]),
        (CONVERTS | {"silences": 0, "foreign_peak": None}, ["peak of the others"]),
        (CONVERTS | {"stretches_foreign": 1}, ["stretches more like another's"]),
        (CONVERTS | {"lost_ms": [0.0, 90.0]}, ["sound lost"]),
        (CONVERTS | {"stretches": 0, "lost_ms": [5000.0]}, ["sound lost", "delay"]),
        (CONVERTS | {"memory_growth_mb": 20.0}, ["memory"]),
        (TALKS | {"talk_answers": 16}, ["questions answered"]),
        (TALKS | {"talk_questions": 0, "talk_answers": 0}, ["questions answered"]),
        (TALKS | {"talk_foreign": 1}, ["another's words"]),
        (TALKS | {"talk_errors": ["the session died"]}, ["errors"]),
    ],
)
def test_a_server_is_told_what_it_does_not_do_and_nothing_else(figures, unmet):
    rows = verdict(figures)
    assert [row.what for row in rows if not row.met] == unmet
    assert len(rows) > 3


def test_memory_that_settles_did_not_grow_and_what_is_given_back_at_once_is_no_growth():
    warming = np.concatenate([np.linspace(100, 190, 90), np.full(510, 190)])
    assert growth_mb(warming.tolist()) == 0
    warming[300:600:7] += 66
    assert growth_mb(warming.tolist()) == 0
    assert growth_mb(np.linspace(100, 160, 600).tolist()) == pytest.approx(
        60 * 0.7 * 0.8, abs=1
    )  # mid to mid
    assert growth_mb([]) is None


def test_memory_is_told_by_the_minute():
    assert by_minute([10.0] * 30 + [20.0] * 30 + [30.0], 2.0) == [10, 20, 30]
