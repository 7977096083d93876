"""Who is speaking: a GE2E voiceprint; network and weights are Resemblyzer's (Apache-2.0).

float32 [T] at 16 kHz -> mel power [T, 40], 10 ms -> windows of 1.6 s -> unit vector [256], their mean
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from voxhumana.convert.spectrum import mel_filters

Array = npt.NDArray[np.float32]

RATE_HZ = 16_000
WINDOW, HOP, MELS = 400, 160, 40
"""25 ms under a Hann window every 10 ms."""
SPAN = 160
"""Frames that the network reads at once: 1.6 s."""
LEVEL_DB = -30.0
"""RMS to which quieter speech is raised, as the weights were trained."""
FILTERS = mel_filters(RATE_HZ, WINDOW // 2 + 1, MELS)
HANN = np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def mels(wave: Array) -> Array:
    """Mel power, float32 [frames, 40], centred frames of [T]."""
    rms_db = 20 * np.log10(np.sqrt(np.mean(wave**2)) + 1e-9)
    wave = wave * np.float32(10 ** (max(0.0, LEVEL_DB - rms_db) / 20))
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(wave, WINDOW // 2), WINDOW)[::HOP]
    power: Array = (np.abs(np.fft.rfft(frames * HANN)) ** 2).astype(np.float32)
    return power @ FILTERS.T


def windows(mel: Array) -> Array:
    """Half-overlapping windows, float32 [W, 160, 40], over [frames, 40]; what is too short is repeated."""
    if len(mel) < SPAN:
        mel = np.tile(mel, (-(-SPAN // len(mel)), 1))[:SPAN]
    starts = [*range(0, len(mel) - SPAN, SPAN // 2), len(mel) - SPAN]
    return np.stack([mel[s : s + SPAN] for s in starts])


def embed(session: ort.InferenceSession, wave: Array) -> Array:
    """Unit float32 [256] of speech [T] at 16 kHz."""
    each = session.run(None, {"mel": windows(mels(wave))})[0]
    mean = each.mean(0)
    unit: Array = mean / np.linalg.norm(mean)
    return unit
