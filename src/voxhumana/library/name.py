"""The word by which people call a voice, made of what they call it: "My Dad" is my-dad."""

from __future__ import annotations

import re
import unicodedata


def as_word(title: str) -> str:
    """Small letters a to z, accents taken off, digits and hyphens; "" = nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
