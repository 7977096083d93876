"""A line of the quality table: its trials, their means, and how sure those are.

add(edits=, words=, secs=, ...) once a trial -> summary(): figures by name, with 95 % intervals of some
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Columns = dict[str, npt.NDArray[np.float64]]

RATES = {"wer": ("edits", "words"), "per": ("edits_2", "phonemes"), "cer": ("letter_edits", "letters")}
"""Error rates, in percent: of all trials' edits in all their words, or whatever is counted."""
JUDGES = ("", "_2")
"""Suffixes of the voiceprints' figures."""
IDEALS = ("", "_long")
"""Suffixes of what is taken for the target itself: speech as long as the clip, and all there is."""
RESAMPLED = 2000
SURE = (2.5, 97.5)
"""Percentiles of means over trials drawn again, with replacement: the bootstrap (Efron 1979)."""


@dataclass
class Row:
    """One line of the table."""

    before: Row | None = None
    """The same trials as recorded, if these are converted ones."""
    trials: list[dict[str, float]] = field(default_factory=list)

    def add(self, **figures: float) -> None:
        """Note a trial."""
        self.trials.append(figures)

    def summary(self) -> dict[str, float]:
        """Means and rates by name; NAME_low and NAME_high are the interval of what was lost, or closed."""
        if not self.trials:
            return {}
        columns, before = _columns(self), _columns(self.before) if self.before else {}
        found = {
            name: float(np.nanmean(values))
            for name, values in columns.items()
            if not _is_part(name) and not np.isnan(values).all()
        }
        n = len(self.trials)
        found |= {k: float(v[0]) for k, v in _rates(columns, np.arange(n)[None]).items()}
        drawn = np.random.default_rng(0).integers(n, size=(RESAMPLED, n))
        once, often = (_shares(columns, before, index) for index in (np.arange(n)[None], drawn))
        for name, values in once.items():
            low, high = np.nanpercentile(often[name], SURE)
            found |= {name: float(values[0]), f"{name}_low": float(low), f"{name}_high": float(high)}
        return found


def _columns(row: Row) -> Columns:
    names = dict.fromkeys(name for trial in row.trials for name in trial)
    return {n: np.array([trial.get(n, np.nan) for trial in row.trials]) for n in names}


def _is_part(name: str) -> bool:
    """Whether it only serves to compute others."""
    return name.startswith(("start", "ideal")) or any(name in rate for rate in RATES.values())


def _rates(columns: Columns, index: npt.NDArray[np.int64]) -> Columns:
    """Error rates of the trials in each line of `index`, [lines]; NaN where those had nothing to mishear."""
    with np.errstate(invalid="ignore"):
        return {
            name: 100 * np.nansum(columns[edits][index], 1) / np.nansum(columns[of][index], 1)
            for name, (edits, of) in RATES.items()
            if edits in columns
        }


def _shares(columns: Columns, before: Columns, index: npt.NDArray[np.int64]) -> Columns:
    """What was lost of words, and closed of likeness, by the trials in each line of `index`."""
    was = _rates(before, index)
    found = {f"{k}_lost": v - was[k] for k, v in _rates(columns, index).items() if k in was}
    for judge in JUDGES if "start" in columns else ():
        said, start = (columns[f"{part}{judge}"][index].mean(1) for part in ("secs", "start"))
        for length in IDEALS:
            ideal = columns[f"ideal{length}{judge}"][index].mean(1)
            found[f"closed{length}{judge}"] = 100 * (said - start) / (ideal - start)
    return found
