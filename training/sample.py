"""Makes the words of `vox voices preview`: `python training/sample.py src/voxhumana/library/sample.ogg`.

Spoken by hibari-tts (Apache-2.0, weights included), whose voice `heart` was distilled from Kokoro-82M
(Apache-2.0); so nobody was recorded, and the file is under the licence of this program.
"""

import sys
from pathlib import Path

import hibari
import numpy as np

from voxhumana.audio.file import SoundWriter

WORDS = "Good evening! The kettle has just boiled: sit down, and tell me what brings you through the fog."
PEAK = 0.7


def main(out: Path) -> None:
    """Speak `WORDS` into `out`."""
    sound = hibari.Hibari()(WORDS, seed=7)
    with SoundWriter(out, hibari.SAMPLE_RATE) as file:
        file.write((PEAK * sound / np.abs(sound).max()).astype(np.float32))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
