"""Words that say "I am listening", not "it is my turn"; and those that ask for the turn however short."""

from __future__ import annotations

# fmt: off
WORDS = frozenset({
    "absolutely", "ah", "aha", "alright", "cool", "exactly", "good", "great", "haha", "hm", "hmm",
    "huh", "indeed", "interesting", "mhm", "mm", "mmhmm", "mmm", "nice", "oh", "ok", "okay", "really",
    "right", "sure", "true", "uh", "uhhuh", "uhuh", "um", "wow", "yeah", "yep", "yes", "yup",
})
"""English backchannels, as Whisper spells them."""
PHRASES = frozenset({"fair enough", "go on", "got it", "i know", "i see", "makes sense", "of course"})
"""Those of several words."""
ORDERS = frozenset({
    "actually", "again", "but", "cancel", "change", "don't", "enough", "excuse", "hang", "hey", "hold",
    "hush", "how", "listen", "louder", "never", "next", "no", "nope", "pause", "please", "quiet", "quieter",
    "shush", "shut", "skip", "slower", "sorry", "stop", "wait", "what", "when", "where", "which", "who",
    "why", "wrong",
})
# fmt: on
"""Words of an interruption that is shorter than a sentence. Whisper base takes a hum for any words at all
("mhm" was "her mother", "MAMO" and "Hamil"; of 12 hums in 3 voices none was spelled as one), but for none of
these."""


def is_backchannel(text: str) -> bool:
    """Whether `text` has no words, or none that ask for the turn, as "Mm-hmm." and "Yeah, right."."""
    words = _words(text.replace("-", ""))
    return " ".join(words) in PHRASES or all(word in WORDS for word in words)


def is_order(text: str) -> bool:
    """Whether `text` asks for the turn by one of its words, as "Stop!" and "Wait a moment."."""
    return any(word in ORDERS for word in _words(text))


def _words(text: str) -> list[str]:
    kept = "".join(c if c.isalpha() or c == "'" else " " for c in text.lower().replace("\u2019", "'"))
    return kept.split()
