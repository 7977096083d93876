"""The `rave` converter: RAVE models in their streaming TorchScript exports, of any channels and latents.

    block of the model's own ratio -> encode -> latents [1, L, 1] * scale + bias -> decode -> block

The caches that make its convolutions stream lie in the module, so each session loads its own. What is in an
export: acids-ircam/RAVE `scripts/export.py`, acids-ircam/nn_tilde `python_tools/module.py` (`forward_params`
is [channels in, ratio in, channels out, ratio out]). A. Caillon and P. Esling, "RAVE", 2021; "Streamable
neural audio synthesis with non-causal convolutions", 2022.

TorchScript is a program, and loading one lets it run; but of torch's operators only, not Python. Before that
the archive is looked at: parts that no export has, and operators that touch files, are refused.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from voxhumana.audio.reblock import Hops
from voxhumana.convert.hush import Hush
from voxhumana.convert.nets import checkpoint
from voxhumana.convert.settings import settings_of
from voxhumana.engine import Block
from voxhumana.errors import VoxError
from voxhumana.places import find
from voxhumana.voice import Voice

Array = npt.NDArray[np.float32]

PARTS = re.compile(
    r"(code/[\w./]+\.py(\.debug_pkl)?|(data|constants|attributes)(/[\w.]+|\.pkl)|version|byteorder"
    r"|\.format_version|\.storage_alignment|\.data/(serialization_id|version)|extra/[\w.]+)"
)
"""Files in a TorchScript archive: pytorch `torch/csrc/jit/serialization/`."""
TOUCHING = re.compile(
    r"\bfrom_file\b|\btorch\.classes\b|\bops\.(?!prim\b|aten\b|quantized\b)\w+|\bsave\(|\brpc_"
)
"""What code in an export could do beyond arithmetic: map files, call operators of other libraries."""
PROBE_S = 2.0
"""Sound with which an export's delay is measured."""
LONGEST_S = 1.0
"""The longest delay looked for; RAVE's published ones are under 0.7 s."""


class RaveSettings(BaseModel):
    """`engines: {rave: ...}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    """The export, `.ts`."""
    bias: list[float] = Field(default_factory=list, max_length=512)
    """Added to each latent, from the first on."""
    scale: list[float] = Field(default_factory=list, max_length=512)
    """By which each latent is multiplied, from the first on."""
    rate_hz: int | None = Field(default=None, ge=8000, le=192_000)
    """For exports that do not say theirs."""
    latency: int | None = Field(default=None, ge=0, le=192_000)
    """Samples; by default measured when the model is loaded."""
    seed: int = 0
    """Of the noise that RAVE draws."""


class Rave:
    """RAVE models.

    Args:
        model: A `.ts` to speak as, whoever is opened; "" = the voice's own.
    """

    name = "rave"
    rate_hz, hop, latency = 48_000, 2048, 0

    def __init__(self, model: str = "") -> None:
        self._model = model

    def fit(self, voice: Voice) -> FittedRave:
        """See `engine.Fitting`."""
        if self._model:
            return FittedRave(RaveSettings(model=self._model), None)
        needs = "The rave engine needs a voice with a RAVE model; try `vox models add FILE.ts`."
        return FittedRave(settings_of(RaveSettings, voice, self.name, needs), voice.folder)

    def open(self, voice: Voice | None = None) -> RaveStream:
        """Begin a session at the model's own rate; see `fit`."""
        if voice is None:
            raise VoxError("The rave engine needs a voice with a RAVE model; try `vox models add FILE.ts`.")
        return self.fit(voice).open(voice)


class FittedRave:
    """One RAVE model; loaded once for each session, as it carries its own state."""

    name = "rave"

    def __init__(self, settings: RaveSettings, folder: Path | None) -> None:
        self.settings = settings
        self.path = find(settings.model, folder, "The RAVE model")
        check(self.path)
        module = self.load()
        told = {name: _params(module, name) for name in ("forward", "encode", "decode")}
        if told["forward"] is None:
            raise VoxError(
                f"{self.path.name} does not say what its `forward` takes; it is no nn~ export of RAVE's."
            )
        self.channels = told["forward"][0]
        count = told["encode"][2] if told["encode"] and told["decode"] else 0
        self.latents = _latents(settings, count, self.path.name)
        self.hop = told["encode"][3] if told["encode"] else self.hop_of(module)
        rate_hz = settings.rate_hz or getattr(module, "sr", None) or getattr(module, "sampling_rate", None)
        if rate_hz is None or not 8000 <= int(rate_hz) <= 192_000:
            raise VoxError(
                f"{self.path.name} does not say its sample rate; give it to the voice as `rate_hz`."
            )
        self.rate_hz = int(rate_hz)
        self.latency = self._measured() if settings.latency is None else settings.latency

    def load(self) -> Any:  # noqa: ANN401  # torch's
        """A module with caches of its own, as exported.

        Raises:
            VoxError: It is damaged, or torch is not installed.
        """
        torch = checkpoint.need_torch(self.path.name, "rave")
        torch.set_num_threads(1)
        try:
            return checkpoint.load_script(self.path, "rave")
        except (RuntimeError, ValueError, EOFError) as error:
            raise VoxError(
                f"{self.path.name} is damaged or no TorchScript of this torch; export it again."
            ) from error

    def hop_of(self, module: Any) -> int:  # noqa: ANN401  # torch's
        """The shortest block that `forward` takes and gives back as long."""
        torch = checkpoint.need_torch(self.path.name, "rave")
        for hop in (512, 1024, 2048, 4096, 8192):
            try:
                with torch.inference_mode():
                    if module(torch.zeros(1, self.channels, hop)).shape[-1] == hop:
                        return hop
            except RuntimeError:
                continue
        raise VoxError(
            f"{self.path.name} takes no block of 512 to 8,192 samples; export it with --streaming."
        )

    def open(self, voice: Voice | None = None) -> RaveStream:  # noqa: ARG002  # fitted already
        """Begin a session."""
        return RaveStream(self, self.latency)

    def _measured(self) -> int:
        """Samples by which it is late: where its level follows that of bursts of noise best."""
        rng = np.random.default_rng(0)
        count = int(PROBE_S * self.rate_hz) // self.hop * self.hop
        level = np.repeat(rng.uniform(0, 1, 64) ** 3, -(-count // 64))[:count]
        sound = (0.3 * level * rng.standard_normal(count)).astype(np.float32)
        stream = RaveStream(self, 0, plain=True)
        out = np.concatenate([block.copy() for block in stream.push(sound)])
        over = np.hanning(self.rate_hz // 50)
        went, came = (np.convolve(x.astype(float) ** 2, over, "same") ** 0.25 for x in (sound, out))
        n = 2 * count
        spectra = np.fft.rfft(came - came.mean(), n) * np.conj(np.fft.rfft(went - went.mean(), n))
        return int(np.argmax(np.fft.irfft(spectra, n)[: int(LONGEST_S * self.rate_hz)]))


class RaveStream:
    """One session: a module with its caches, and its noise."""

    pitch_semitones = 0.0
    """Without effect: RAVE has no pitch to turn; latents may be biased instead."""

    def __init__(self, engine: FittedRave, latency: int, plain: bool = False) -> None:
        self._torch = checkpoint.need_torch(engine.path.name, "rave")
        self._module = engine.load()
        self._channels = engine.channels
        scale, bias = (None, None) if plain else engine.latents
        self._scale: Any = scale
        self._bias: Any = bias
        self._random = self._torch.Generator().manual_seed(engine.settings.seed).get_state()
        for _ in range(8):  # the interpreter optimises during the first runs, and caches fill with silence
            self._render(np.zeros(engine.hop, np.float32))
        self._hush = Hush(engine.rate_hz, engine.hop, latency)
        self._hops = Hops(self._step, engine.hop, latency)

    def push(self, item: Block) -> Iterator[Block]:
        """Yield a block of the model's ratio for each one taken."""
        return self._hops.push(item)

    def flush(self) -> Iterator[Block]:
        """Yield the rest, as if silence followed."""
        return self._hops.flush()

    def _step(self, block: Block) -> Block:
        return self._render(block) * self._hush.hear(block)

    def _render(self, block: Block) -> Block:
        torch = self._torch
        with torch.inference_mode(), torch.random.fork_rng(devices=[]):
            torch.random.set_rng_state(self._random)
            x = torch.from_numpy(block.copy())[None, None].expand(1, self._channels, -1)
            if self._scale is None:
                y = self._module(x)
            else:
                y = self._module.decode(self._module.encode(x) * self._scale + self._bias)
            self._random = torch.random.get_rng_state()
        out: Block = y[0].mean(0)[: len(block)].numpy().astype(np.float32)
        return np.nan_to_num(out, posinf=0.0, neginf=0.0)


def check(path: Path) -> None:
    """Refuse an archive that is no TorchScript export of arithmetic.

    Raises:
        VoxError: It is not.
    """
    names = checkpoint.members(path)
    if not any(name.startswith("code/") for name in names) or "constants.pkl" not in names:
        raise VoxError(f"{path.name} is no TorchScript; RAVE's own `rave export --streaming` makes one.")
    for name in names:
        if not PARTS.fullmatch(name):
            raise VoxError(f"{path.name} holds '{name[:80]}', which no TorchScript does; it is refused.")
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".py") and (
                found := TOUCHING.search(archive.read(name).decode("utf-8", "replace"))
            ):
                raise VoxError(f"{path.name} calls '{found[0]}', which no sound model needs; it is refused.")


def _params(module: Any, method: str) -> list[int] | None:  # noqa: ANN401  # torch's
    """[channels in, ratio in, channels out, ratio out] of a method; None where it has not said."""
    told = getattr(module, f"{method}_params", None)
    if told is None or not hasattr(module, method):
        return None
    numbers = [int(n) for n in told]
    return numbers if len(numbers) == 4 and all(1 <= n <= 1 << 16 for n in numbers) else None


def _latents(settings: RaveSettings, count: int, name: str) -> tuple[Any, Any]:
    """Scale and bias as tensors [1, L, 1]; None where there are none."""
    if not settings.scale and not settings.bias:
        return None, None
    if max(len(settings.scale), len(settings.bias)) > count:
        raise VoxError(f"{name} has {count} latents, fewer than the voice's bias or scale.")
    torch = checkpoint.need_torch(name, "rave")
    scale = torch.tensor(settings.scale + [1.0] * (count - len(settings.scale)))
    bias = torch.tensor(settings.bias + [0.0] * (count - len(settings.bias)))
    return scale[None, :, None], bias[None, :, None]
