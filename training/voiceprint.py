"""The network behind `voxhumana.convert.voiceprint`, in torch: GE2E as trained by Resemblyzer (Apache-2.0)."""

from __future__ import annotations

import importlib.util
import pathlib

import numpy as np
import torch
from torch import nn

from voxhumana.convert.voiceprint import MELS, mels, windows


class Voiceprint(nn.Module):
    """Mel power [W, 160, 40] -> unit [W, 256]."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(MELS, 256, 3, batch_first=True)
        self.linear = nn.Linear(256, 256)

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        _, (hidden, _) = self.lstm(mel)
        raw = torch.relu(self.linear(hidden[-1]))
        return raw / (raw.norm(dim=1, keepdim=True) + 1e-6)

    @classmethod
    def pretrained(cls) -> Voiceprint:
        """With the weights that the package `Resemblyzer` carries."""
        root = importlib.util.find_spec("resemblyzer").submodule_search_locations[0]
        state = torch.load(pathlib.Path(root) / "pretrained.pt", map_location="cpu", weights_only=True)[
            "model_state"
        ]
        net = cls()
        net.load_state_dict({k: v for k, v in state.items() if k.startswith(("lstm", "linear"))})
        return net.eval()

    @torch.inference_mode()
    def embed(self, wave: np.ndarray) -> np.ndarray:
        """Unit float32 [256] of float32 [T] at 16 kHz."""
        mean = self(torch.from_numpy(windows(mels(wave)))).mean(0).numpy()
        return mean / np.linalg.norm(mean)
