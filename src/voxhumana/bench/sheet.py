"""Spectrograms of one trial on a sheet: the clip, the target, and what each engine makes of it.

{what: float32 [T] at 24 kHz, ...} -> one PNG, two panels a row, each under its label; one scale of time
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from voxhumana.audio import spectrogram
from voxhumana.bench.judges import Array
from voxhumana.bench.speech import RATE_HZ

COLUMNS = 2
GAP, LABEL = 12, 22
"""Pixels: between panels, and of a label."""
PAPER, INK = (255, 250, 236), (24, 18, 15)


def draw(sounds: dict[str, Array], file: Path) -> None:
    """Write the sheet; what is longer than the first is cut, what is shorter ends in the dark."""
    size = len(next(iter(sounds.values())))
    wide, high = spectrogram.WIDE + GAP, spectrogram.HIGH + LABEL + GAP
    rows = -(-len(sounds) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * wide + GAP, rows * high + GAP), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for number, (what, sound) in enumerate(sounds.items()):
        x, y = GAP + number % COLUMNS * wide, GAP + number // COLUMNS * high
        shown = np.pad(sound[:size], (0, max(0, size - len(sound))))
        panel = spectrogram.colours(spectrogram.levels(shown, RATE_HZ))
        pen.text((x, y), what, INK, font)
        sheet.paste(Image.fromarray(panel), (x, y + LABEL))
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(file, "PNG", optimize=True)
