"""Step g: the built-in voices learn what the native engine needs of them, from their references.

    python -m training.enrol

Reads src/voxhumana/library/references/NAME.ogg (`training.cast`) and the shipped weights; writes the line
`timbre` into src/voxhumana/library/voices/NAME.yaml. To be run again when the voiceprint or the colour changes.
"""

from __future__ import annotations

import pathlib
import re

from voxhumana.bench.speech import read
from voxhumana.convert.native import Native

LIBRARY = pathlib.Path(__file__).parent.parent / "src" / "voxhumana" / "library"
TIMBRE = re.compile(r"  native:\n    timbre: .*\n")


def main() -> None:
    engine = Native()
    for path in sorted((LIBRARY / "references").glob("*.ogg")):
        voice = LIBRARY / "voices" / f"{path.stem}.yaml"
        text = TIMBRE.sub("", voice.read_text())
        timbre = engine.learn(read(path))["timbre"]
        voice.write_text(text.replace("engines:\n", f"engines:\n  native:\n    timbre: {timbre}\n"))
        print(path.stem, len(timbre), "letters")


if __name__ == "__main__":
    main()
