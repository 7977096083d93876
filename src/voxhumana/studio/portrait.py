"""Pictures of voices, drawn from what they are: a small SVG, the same each time.

A long vocal tract makes a long face and a high pitch a small one; breath pales it, growl gives it teeth,
tremor wrinkles, and each effect its own attribute. Whatever a voice does not say of itself, its name decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from voxhumana.voice import Voice

GROUNDS = ("#7d8f69", "#8a5a44", "#4f6d7a", "#9a7b3f", "#6b5876", "#3f6f62", "#a05c4d", "#56658c")
SKINS = ("#f1c9a5", "#e0ac83", "#c68a5e", "#9c6742", "#f5d7bd", "#7d4f33")
HAIRS = ("#3b2a20", "#6d4a2a", "#a9743a", "#1f1b1a", "#8a3b26", "#d9b26a")
GREY, INK, SHADE = "#d8d3ca", "#241b16", "#00000055"

TRACT_CM = (11.5, 21.0)
"""From a child's to a giant's, as the built-in voices have it."""
PITCH_HZ = (60.0, 330.0)
DEAL = "958:"
"""Which of all deals of chance: this one gives the old uncle his moustache."""


@dataclass(frozen=True)
class Looks:
    """What is drawn; lengths in units of the picture, which is 96 wide."""

    kind: str
    """`machine`, `ghost`, `beast`, `stranger` or `person`."""
    effects: frozenset[str]
    wide: float
    """Half the width of the head."""
    tall: float
    high: float
    """0 = the deepest voice, 1 = the highest."""
    old: bool
    rough: bool
    skin: str
    hair: str
    ground: str
    chance: bytes
    """What the name decides."""

    @property
    def mouth(self) -> float:
        """Where the mouth is."""
        return 50 + self.tall * 0.5


def portrait(voice: Voice) -> str:
    """An SVG document of 96 by 96, with a title."""
    looks = _looks(voice)
    draw = _machine if looks.kind == "machine" else _ghost if looks.kind == "ghost" else _person
    body = "".join(draw(looks))
    head = f'<g transform="translate(-9.6 -9) scale(1.2)">{body}</g>'
    ground = f'<rect width="96" height="96" fill="{looks.ground}"/>' + "".join(_aura(looks.effects))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" role="img">'
        f"<title>{escape(voice.title)}</title>{ground}{head}</svg>"
    )


def _looks(voice: Voice) -> Looks:
    settings = voice.engines.get("dsp", {})

    def number(name: str, default: float) -> float:
        value = settings.get(name, default)
        return float(value) if isinstance(value, int | float) else default

    chance = hashlib.sha256((DEAL + voice.name).encode()).digest()
    listed = settings.get("effects", ())
    listed = listed if isinstance(listed, list | tuple) else ()
    effects = frozenset(str(effect.get("kind")) for effect in listed if isinstance(effect, dict))
    size = _share(number("tract_cm", 16.5), TRACT_CM)
    high = _share(number("pitch_hz", 150.0), PITCH_HZ)
    old = number("tremor", 0) > 0.4
    kind, skin = "person", SKINS[chance[1] % len(SKINS)]
    if number("range", 1.0) == 0:
        kind = "machine"
    elif number("breath", 0) >= 0.8:
        kind, skin = "ghost", "#e7edf0"
    elif number("growl", 0) > 0.2:
        kind, skin = "beast", ("#8fa36a", "#a3925a")[chance[1] % 2]
    elif "ring" in effects:
        kind, skin = "stranger", "#8fc7b5"
    return Looks(
        kind=kind,
        effects=effects,
        wide=17 + 7 * size,
        tall=20 + 8 * size - 2 * high,
        high=high,
        old=old,
        rough=number("rough", 0) >= 0.02,
        skin=skin,
        hair=GREY if old else HAIRS[chance[2] % len(HAIRS)],
        ground=GROUNDS[chance[0] % len(GROUNDS)],
        chance=chance,
    )


def _share(value: float, ends: tuple[float, float]) -> float:
    return min(1.0, max(0.0, (value - ends[0]) / (ends[1] - ends[0])))


def _tag(name: str, **attributes: object) -> str:
    """An element; `_` in a name stands for `-`, and numbers are rounded."""
    pairs = ((key.replace("_", "-"), value) for key, value in attributes.items())
    return f"<{name} " + " ".join(f'{key}="{_short(value)}"' for key, value in pairs) + "/>"


def _d(*steps: object) -> str:
    """The outline of a path."""
    return " ".join(_short(step) for step in steps)


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _aura(effects: frozenset[str]) -> Iterator[str]:
    """A room echoes in rings around the head; a ring modulator leaves sparks."""
    if "room" in effects:
        for radius in (38, 46):
            yield _tag(
                "circle",
                cx=48,
                cy=48,
                r=radius,
                fill="none",
                stroke="#fff",
                stroke_opacity=0.22,
                stroke_width=2.5,
            )
    if "ring" in effects:
        for x, y in ((14, 18), (82, 14), (86, 58)):
            yield _tag("circle", cx=x, cy=y, r=2, fill="#fff", opacity=0.7)


def _shoulders(looks: Looks) -> str:
    half = looks.wide * 1.55
    return _tag(
        "path", d=_d("M", 48 - half, 96, "Q", 48, 58 + looks.tall / 2, 48 + half, 96, "Z"), fill=SHADE
    )


def _machine(looks: Looks) -> Iterator[str]:
    wide, top = looks.wide, 50 - looks.tall * 0.85
    yield _shoulders(looks)
    yield _tag("path", d=_d("M", 48, top, "v", -8), stroke="#6d767b", stroke_width=3)
    yield _tag("circle", cx=48, cy=top - 9, r=3.5, fill="#d9a441")
    yield _tag("rect", x=48 - wide, y=top, width=2 * wide, height=looks.tall * 1.7, rx=7, fill="#b9c0c4")
    yield _tag("rect", x=52 - wide, y=40, width=2 * wide - 8, height=10, rx=5, fill="#2b3134")
    for x in (41, 55):
        yield _tag("circle", cx=x, cy=45, r=3, fill="#ffcf66")
    yield _tag("path", d="M40 61 h16 M40 65 h16", stroke="#6d767b", stroke_width=2.4)


def _ghost(looks: Looks) -> Iterator[str]:
    left, right = 48 - looks.wide - 4, 48 + looks.wide + 4
    sheet = _d("M", left, 92, "V", 46, "A", looks.wide + 4, looks.tall, 0, 0, 1, right, 46, "V", 92)
    fold = (right - left) / 6
    hem = _d(*(step for i in range(6) for step in ("l", -fold, -6 if i % 2 == 0 else 6)), "Z")
    yield _tag("path", d=f"{sheet} {hem}", fill="#f1f6f8", opacity=0.92)
    for x in (41, 55):
        yield _tag("ellipse", cx=x, cy=48, rx=3.6, ry=5, fill="#2b3336")
    yield _tag("ellipse", cx=48, cy=61, rx=3.4, ry=4.6, fill="#2b3336")


def _person(looks: Looks) -> Iterator[str]:
    wide, tall = looks.wide, looks.tall
    if "chorus" in looks.effects:
        for x in (29, 67):
            yield _tag("ellipse", cx=x, cy=50, rx=wide * 0.8, ry=tall * 0.86, fill=looks.skin, opacity=0.45)
    yield _shoulders(looks)
    long_hair = looks.chance[3] % 3 == 1 and looks.kind == "person"
    if long_hair:
        sides = _d("M", 48 - wide - 4, 70, "V", 46, "A", wide + 4, tall + 3, 0, 0, 1, 48 + wide + 4, 46)
        ends = _d("V", 70, "q", 0, 9, -10, 9, "H", 58 - wide - 4, "q", -10, 0, -10, -9, "Z")
        yield _tag("path", d=f"{sides} {ends}", fill=looks.hair)
    if looks.kind != "person":
        for side in (-1, 1):
            ear = _d("M", 48 + side * wide, 44, "l", side * 11, -9, "l", side * -9, 17, "Z")
            yield _tag("path", d=ear, fill=looks.skin)
    yield _tag("ellipse", cx=48, cy=50, rx=wide, ry=tall, fill=looks.skin)
    if looks.kind != "stranger":
        yield _hair(looks)
    yield from _eyes(looks)
    if looks.old:
        for y in (36, 40):
            yield _tag("path", d=f"M42 {y} q6 -2 12 0", stroke="#0003", stroke_width=1.4, fill="none")
    yield from _mouth(looks)
    if "radio" in looks.effects:
        yield from _headset(wide, tall)


def _hair(looks: Looks) -> str:
    top, left, right = 50 - looks.tall, 48 - looks.wide, 48 + looks.wide
    if looks.chance[3] % 3 == 2 and looks.high < 0.3:  # bald, but for the temples
        one = _d("M", left - 1, 53, "q", -3, -13, 5, -17, "q", -2, 10, 0, 17, "Z")
        other = _d("M", right + 1, 53, "q", 3, -13, -5, -17, "q", 2, 10, 0, 17, "Z")
        return _tag("path", d=f"{one} {other}", fill=looks.hair)
    part = (48, 40, 57)[looks.chance[6] % 3]
    cap = _d("M", left, 47, "Q", left, top - 5, 48, top - 4, "Q", right, top - 5, right, 47)
    fringe = _d("Q", right - 4, top + 12, part, top + 8, "Q", left + 4, top + 12, left, 47, "Z")
    return _tag("path", d=f"{cap} {fringe}", fill=looks.hair)


def _eyes(looks: Looks) -> Iterator[str]:
    apart = looks.wide * 0.42
    frown = 2 if looks.kind == "beast" else -0.8
    for side in (-1, 1):
        x = 48 + side * apart
        if looks.kind == "stranger":
            turn = f"rotate({side * -24} {x:.1f} 46)"
            yield _tag("ellipse", cx=x, cy=46, rx=6.5, ry=4.4, fill="#16211d", transform=turn)
            yield _tag("circle", cx=x + 1.5, cy=44.6, r=1.3, fill="#fff")
            continue
        yield _tag("circle", cx=x, cy=47, r=2.9, fill=INK)
        yield _tag("circle", cx=x + 0.9, cy=46.1, r=0.9, fill="#fff")
        brow = _d("M", x - 4, 41 + side * frown, "L", x + 4, 41 - side * frown)
        yield _tag("path", d=brow, stroke="#0007", stroke_width=2.2, stroke_linecap="round")
    if looks.chance[5] % 4 == 0 and looks.kind == "person":
        for side in (-1, 1):
            rim = {"r": 6.4, "fill": "none", "stroke": INK, "stroke_width": 1.6}
            yield _tag("circle", cx=48 + side * apart, cy=47, **rim)
        bridge = _d("M", 48 - apart + 6.4, 47, "h", 2 * apart - 12.8)
        yield _tag("path", d=bridge, stroke=INK, stroke_width=1.6)


def _mouth(looks: Looks) -> Iterator[str]:
    y = looks.mouth
    if looks.kind == "beast":
        yield _tag("path", d=_d("M", 39, y, "q", 9, 5, 18, 0), stroke=INK, stroke_width=2.4, fill="none")
        for x in (41, 51):
            yield _tag("path", d=_d("M", x, y + 2, "l", 2.4, -7, "l", 2.4, 7, "Z"), fill="#fffbe8")
        return
    man = looks.high < 0.3 and looks.kind == "person"
    if man and looks.rough:
        wide, tall = looks.wide, looks.tall
        side = _d("M", 48 - wide, 52, "Q", 48 - wide, 50 + tall * 1.35, 48, 50 + tall * 1.35)
        back = _d("Q", 48 + wide, 50 + tall * 1.35, 48 + wide, 52, "Q", 48 + wide * 0.7, y - 6, 48, y - 5)
        yield _tag(
            "path",
            d=f"{side} {back} Q {48 - wide * 0.7:.1f} {y - 6:.1f} {48 - wide:.1f} 52 Z",
            fill=looks.hair,
        )
    elif man and looks.chance[4] % 2 == 0:
        lip = _d("M", 36, y - 2, "q", 12, -9, 24, 0, "q", -6, 3, -12, 0, "q", -6, 3, -12, 0, "Z")
        yield _tag("path", d=lip, fill=looks.hair)
    half = 5 + 3 * (1 - looks.high)
    smile = _d("M", 48 - half, y, "q", half, 4 + 3 * looks.high, 2 * half, 0)
    yield _tag("path", d=smile, stroke="#6b2f25", stroke_width=2.4, stroke_linecap="round", fill="none")


def _headset(wide: float, tall: float) -> Iterator[str]:
    band = _d("M", 48 - wide, 48, "A", wide, tall, 0, 0, 1, 48 + wide, 48)
    yield _tag("path", d=band, stroke=INK, stroke_width=4, fill="none")
    for x in (43.5 - wide, 43.5 + wide):
        yield _tag("rect", x=x, y=42, width=9, height=15, rx=4, fill=INK)
    yield _tag(
        "path", d=_d("M", 47 - wide, 56, "q", 3, 14, 21, 12), stroke=INK, stroke_width=2.5, fill="none"
    )
