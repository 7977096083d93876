"""The judges of a conversion, sitting together: what they say of one sound, as figures for a row."""

from __future__ import annotations

import numpy as np

from voxhumana.bench import judges
from voxhumana.bench.judges import Array
from voxhumana.bench.speech import Clip, Target, at_16k


class Panel:
    """Loads every judge; remembers what is asked for again and again."""

    def __init__(self) -> None:
        self._ear, self._phonemes = judges.Ear(), judges.Phonemes()
        self._opinion, self._tune = judges.Opinion(), judges.Tune()
        self._likeness: tuple[judges.Verifier, ...] = (judges.Resemblyzer(), judges.DVector())
        self._foreign: dict[str, judges.Ear] = {}
        self._known: dict[tuple[str, str], Array] = {}

    def everything(self, said: Array, clip: Clip, target: Target) -> dict[str, float]:
        """What was said of a clip in a target's voice: words, melody, naturalness, likeness."""
        return {
            **self.words(said, clip),
            **self.melody(said, clip.sound),
            **self.naturalness(said),
            **self.likeness(said, clip, target),
        }

    def words(self, said: Array, clip: Clip) -> dict[str, float]:
        """Words misheard of those that were said, and phonemes by the second ear."""
        if not clip.english:
            return {}
        heard, expected = at_16k(said), self._phonemes.expect(clip.words)
        misheard = judges.edits(clip.words, self._ear.words(heard))
        found: dict[str, float] = {"edits": misheard, "words": len(clip.words)}
        if expected:
            misheard = judges.edits(expected, self._phonemes.hear(heard))
            found |= {"edits_2": misheard, "phonemes": len(expected)}
        return found

    def letters(self, said: Array, source: Array, language: str) -> dict[str, float]:
        """What Whisper base writes otherwise than of the source, and the second ear, in any language."""
        if language not in self._foreign:
            self._foreign[language] = judges.Ear(language)
        ear = self._foreign[language]
        before, after = at_16k(source), at_16k(said)
        written, phonemes = list(ear.text(before)), self._phonemes.hear(before)
        return {
            "letter_edits": judges.edits(written, list(ear.text(after))),
            "letters": len(written),
            "edits_2": judges.edits(phonemes, self._phonemes.hear(after)),
            "phonemes": len(phonemes),
        }

    def babble(self, said: Array, source: Array) -> dict[str, float]:
        """Of what is no speech: words understood all the same, a minute, and how much louder it became."""
        heard = at_16k(said)
        return {
            "words_a_minute": len(self._ear.words(heard)) / (len(heard) / judges.RATE_HZ / 60),
            "louder_db": _level_db(said) - _level_db(source),
        }

    def melody(self, said: Array, source: Array) -> dict[str, float]:
        """Whether pitch goes up and down as the source's does."""
        return {"f0_correlation": self._tune.correlation(at_16k(source), at_16k(said))}

    def naturalness(self, said: Array) -> dict[str, float]:
        """Opinion scores."""
        overall, p808 = self._opinion.score(at_16k(said))
        return {"dnsmos": overall, "p808": p808}

    def likeness(self, said: Array, clip: Clip, target: Target) -> dict[str, float]:
        """Likeness to the target: of what was said, of the source (start), and of the target itself.

        The target is heard twice: in stretches of its rest as long as the clip (ideal), as a conversion and
        published "ground truths" are, and all at once (ideal_long). A verifier is surer of 15 s than of 4: of
        dev's 15 speakers, GE2E gives single clips (median 3.5 s) 0.88 and their joined rest 0.94.
        """
        found = {}
        for judge, suffix in zip(self._likeness, ("", "_2"), strict=True):
            goal = self._embed(judge, target.name, target.reference)
            found[f"secs{suffix}"] = float(judge.embed(at_16k(said)) @ goal)
            found[f"start{suffix}"] = float(self._embed(judge, f"{clip.path}", clip.sound) @ goal)
            found[f"ideal_long{suffix}"] = float(
                self._embed(judge, f"{target.name} rest", target.rest) @ goal
            )
            stretches = enumerate(target.stretches(len(clip.sound)))
            name = f"{target.name} rest in {len(clip.sound)}"
            alike = [float(self._embed(judge, f"{name} {n}", each) @ goal) for n, each in stretches]
            found[f"ideal{suffix}"] = float(np.mean(alike))
        return found

    def _embed(self, judge: judges.Verifier, name: str, sound: Array) -> Array:
        key = (judge.name, name)
        if key not in self._known:
            self._known[key] = judge.embed(at_16k(sound))
        return self._known[key]


def _level_db(sound: Array) -> float:
    return 10 * float(np.log10(np.mean(sound**2) + 1e-10))
