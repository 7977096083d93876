"""The company of built-in voices: mixtures of the teacher's voices, so nobody was recorded for them.

    python -m training.cast --data DATA --out src/voxhumana/library/references

Writes NAME.ogg (Opus, 24 kHz) for each member: some 18 s of speech, which is the voice's reference. What an engine
needs of it is learned from that file by `training.enrol`, as from anybody's recording.
"""

from __future__ import annotations

import argparse
import pathlib

import numpy as np
import soundfile as sf

from training.teacher import RATE, Teacher

CAST: dict[str, tuple[dict[str, float], float]] = {
    "uncle": ({"am_santa": 0.5, "bm_george": 0.3, "em_santa": 0.2}, 0.8),
    "aunt": ({"af_bella": 0.5, "bf_emma": 0.5}, 1.0),
    "lad": ({"zm_yunxi": 0.6, "am_liam": 0.4}, 1.1),
    "lady": ({"af_heart": 1.0}, 1.0),
    "granny": ({"bf_lily": 0.5, "jf_gongitsune": 0.3, "bf_isabella": 0.2}, 0.95),
    "grandpa": ({"bm_lewis": 0.6, "hm_psi": 0.4}, 1.15),
    "narrator": ({"am_onyx": 0.7, "am_fenrir": 0.3}, 0.92),
    "child": ({"jf_nezumi": 0.6, "af_sky": 0.4}, 1.2),
    "hermit": ({"bm_daniel": 0.5, "am_adam": 0.5}, 0.85),
    "colonel": ({"bm_george": 0.8, "bm_daniel": 0.2}, 0.97),
    "madame": ({"ff_siwis": 1.0}, 1.0),
    "signora": ({"if_sara": 1.0}, 1.0),
    "captain": ({"em_alex": 0.7, "im_nicola": 0.3}, 0.95),
    "sage": ({"zm_yunyang": 0.6, "hm_omega": 0.4}, 0.95),
    "baroness": ({"bf_isabella": 0.7, "bf_alice": 0.3}, 0.97),
    "dreamer": ({"af_nicole": 1.0}, 1.0),
}
"""Name -> shares of the teacher's voices, and by how much the pitch of the mixture is moved."""

WORDS = (
    "Come in, come in, and close the door behind you; the kettle is almost ready.",
    "Years ago there was a ship in this very harbour, with a yellow flag and a crew of seven.",
    "Would you believe it? Nobody asked why the lights were blue, or who had paid for them.",
    "Take the short path through the garden, past the old stone bridge, and wait for my brother.",
)
"""What each says: all the sounds of English, in our own words."""
PAUSE_S = 0.25


def weights(teacher: Teacher, name: str) -> np.ndarray:
    """The member's shares in the order of the teacher's voices, float [voices]."""
    shares, _ = CAST[name]
    return np.array([shares.get(voice, 0.0) for voice in teacher.names])


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--data", type=pathlib.Path, required=True)
    args.add_argument("--out", type=pathlib.Path, required=True)
    args = args.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    teacher = Teacher(args.data / "kokoro" / "voices")
    for name, (_, pitch) in CAST.items():
        path = args.out / f"{name}.ogg"
        if path.exists():
            continue
        said = []
        for words in WORDS:
            tokens = teacher.tokens(words)
            style = teacher.style(weights(teacher, name), len(tokens))
            said += [teacher.speak(teacher.read(tokens, style), style, pitch), np.zeros(int(PAUSE_S * RATE))]
        wave = np.concatenate(said).astype(np.float32)
        new = path.with_suffix(".new")
        sf.write(new, wave * (0.5 / np.abs(wave).max()), RATE, format="OGG", subtype="OPUS")
        new.rename(path)
        print(name, f"{len(wave) / RATE:.1f} s, {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
