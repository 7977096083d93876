"""Words that say "I am listening", not "it is my turn"."""

from __future__ import annotations

# fmt: off
WORDS = frozenset({
    "ah", "aha", "alright", "cool", "good", "great", "haha", "hm", "hmm", "huh", "interesting",
    "mhm", "mm", "mmhmm", "mmm", "nice", "oh", "ok", "okay", "really", "right", "sure", "true",
    "uh", "uhhuh", "uhuh", "um", "wow", "yeah", "yep", "yes", "yup",
})
# fmt: on
"""English backchannels, as Whisper spells them."""


def is_backchannel(text: str) -> bool:
    """Whether `text` has no words, or none that ask for the turn, as "Mm-hmm." and "Yeah, right."."""
    words = text.lower().replace("-", "").split()
    return all(letters in WORDS for word in words if (letters := "".join(c for c in word if c.isalpha())))
