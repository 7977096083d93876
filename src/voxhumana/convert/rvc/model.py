"""The file of an RVC voice -> something that renders sound.

`.pth` and `.safetensors` are turned into ONNX once, with torch, into the cache; after that, and for `.onnx`
files, onnxruntime is enough. Our own exports take the source as an input (`nets`); those of others (RVC's and
w-okada's) make it inside, in a phase of their own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from voxhumana import onnx
from voxhumana.convert.nets import cached, checkpoint
from voxhumana.convert.rvc import layout, source
from voxhumana.errors import VoxError

Array = npt.NDArray[np.float32]

EXPORT = 2
"""Version of our export; another one makes the cache anew."""
MARK = "voxhumana.rvc"
"""Key of our exports' metadata."""


@dataclass(frozen=True)
class Window:
    """What a rendering is made of; T frames of 10 ms."""

    content: Array
    """[T, 256 or 768]."""
    f0: Array
    """Hz [T], 0 = unvoiced."""
    noise: Array
    """[inter, T]."""
    source: Array
    """[N * hop]: the excitation of the last N frames, which are wanted."""


class Model(Protocol):
    """A voice's network."""

    rate_hz: int
    hop: int
    """Samples a frame of 10 ms."""
    channels: int
    """Of a content frame."""
    inter: int
    """Channels of the noise."""
    f0: bool
    lead: int
    """Frames before those that are rendered that have a say in them."""
    phased: bool
    """Whether its sine goes on from window to window."""

    def render(self, window: Window, speaker: int) -> Array:
        """The last frames of the window, float32 [N * hop] or `lead` frames fewer."""


def open_model(path: Path) -> Model:
    """Open `.onnx`, or turn `.pth` and `.safetensors` into it first.

    Raises:
        VoxError: It is no RVC voice, damaged, or wants to be executed.
    """
    if not path.is_file():
        raise VoxError(f"There is no RVC model {path}; name its .pth, .safetensors or .onnx file.")
    if path.suffix != ".onnx":
        path = exported(path)
    session = onnx.session(path)
    inputs = {taken.name for taken in session.get_inputs()}
    if MARK in (session.get_modelmeta().custom_metadata_map or {}):
        return Ours(session, path.name)
    if {"phone", "phone_lengths"} <= inputs or {"feats", "p_len"} <= inputs:
        return Theirs(session, path.name)
    raise VoxError(f"{path.name} takes {', '.join(sorted(inputs))}; that is no RVC voice.")


def exported(path: Path) -> Path:
    """The ONNX form of a checkpoint, from the cache or made now."""
    return cached.as_onnx(path, "rvc", EXPORT, _export)


def read(path: Path) -> tuple[Mapping[str, Any], layout.Layout]:
    """Tensors and layout of a `.pth` or `.safetensors`.

    Raises:
        VoxError: It is no RVC voice.
    """
    if path.suffix == ".safetensors":
        state, about = checkpoint.load_safetensors(path)
        try:
            config = json.loads(about.get("config", "null"))
        except ValueError:
            config = None
        version, f0 = about.get("version"), about.get("f0")
    else:
        held = checkpoint.load(path)
        held = held if isinstance(held, dict) else {}
        state, config = checkpoint.tensors(held.get("weight")), held.get("config")
        version, f0 = held.get("version"), held.get("f0")
    if "enc_p.emb_phone.weight" not in state:
        raise VoxError(f"{path.name} has no RVC voice in it; it is another kind of model.")
    state = {name: tensor for name, tensor in state.items() if not name.startswith("enc_q.")}
    width = list(state["enc_p.emb_phone.weight"].shape)[-1]
    told = "enc_p.emb_pitch.weight" in state if f0 is None else f0
    if isinstance(config, (list, tuple)) and len(config) == 18:
        config = [*config[:15], len(state["emb_g.weight"]) if "emb_g.weight" in state else 0, *config[16:]]
    return state, layout.parse(config, version or ("v1" if width == 256 else "v2"), told, path.name)


def _export(path: Path, target: str) -> None:
    checkpoint.need_torch(path.name)
    state, shape = read(path)
    import onnx as graphs  # noqa: PLC0415  # behind the extra

    from voxhumana.convert.nets.hifigan import Shape  # noqa: PLC0415  # torch
    from voxhumana.convert.rvc import nets  # noqa: PLC0415  # torch

    sizes = layout.with_generator(shape, Shape(**vars(shape.generator)))
    network = nets.live(checkpoint.fit(lambda: nets.Synthesizer(sizes), state, path.name))
    about = {
        "rate_hz": shape.rate_hz, "hop": shape.hop, "channels": shape.content, "inter": shape.inter,
        "f0": shape.f0, "lead": network.lead,
    }  # fmt: skip
    nets.export(network, target)
    graph = graphs.load(target)
    graphs.helper.set_model_props(graph, {MARK: json.dumps(about)})
    graphs.save(graph, target)


class Ours:
    """Our export: renders only what is wanted, in one phase throughout."""

    phased = True

    def __init__(self, session: ort.InferenceSession, name: str) -> None:
        try:
            told = json.loads(session.get_modelmeta().custom_metadata_map[MARK])
            self.rate_hz, self.hop, self.lead = (int(told[key]) for key in ("rate_hz", "hop", "lead"))
            self.channels, self.inter, self.f0 = int(told["channels"]), int(told["inter"]), bool(told["f0"])
        except (ValueError, TypeError, KeyError) as error:
            raise VoxError(
                f"{name} does not say what voice it holds, or is of an older vox; use the .pth."
            ) from error
        if self.rate_hz not in layout.RATES_HZ or self.hop * layout.FRAME_HZ != self.rate_hz:
            raise VoxError(f"{name} says to run at {self.rate_hz} Hz; no RVC voice does, so it is refused.")
        self._session = session

    def render(self, window: Window, speaker: int) -> Array:
        """See `Model`."""
        feed = {
            "content": window.content[None],
            "noise": window.noise[None],
            "speaker": np.array([speaker], np.int64),
            "source": window.source[None, None],
        }
        if self.f0:
            feed["pitch"] = source.coarse(window.f0)[None]
        sound: Array = self._session.run(["sound"], feed)[0][0, 0]
        return sound


class Theirs:
    """An export of RVC's web interface (`phone`...) or of w-okada's client (`feats`...)."""

    phased = False
    lead = 10
    """96 ms, in RVC's generator for 40 kHz."""

    def __init__(self, session: ort.InferenceSession, name: str) -> None:
        self._session = session
        self._types = {taken.name: taken.type for taken in session.get_inputs()}
        shapes = {taken.name: taken.shape for taken in session.get_inputs()}
        content = shapes.get("phone") or shapes.get("feats")
        self.channels = content[2] if content and isinstance(content[2], int) else 768
        self.inter = shapes["rnd"][1] if "rnd" in shapes and isinstance(shapes["rnd"][1], int) else 192
        self.f0 = "pitchf" in self._types
        self.hop = self.rate_hz = 0
        frames = 32
        try:
            silent = Window(
                np.zeros((frames, self.channels), np.float32), np.zeros(frames, np.float32),
                np.zeros((self.inter, frames), np.float32), np.zeros(0, np.float32),
            )  # fmt: skip
            made = len(self._run(silent, 0))
        except Exception as error:
            raise VoxError(f"{name} does not take what an RVC voice takes; export it anew.") from error
        self.rate_hz = round(made / frames * layout.FRAME_HZ / 8000) * 8000
        self.hop = self.rate_hz // layout.FRAME_HZ
        if self.rate_hz not in layout.RATES_HZ:
            raise VoxError(f"{name} makes {made} samples of {frames} frames, which fits no rate of RVC's.")

    def render(self, window: Window, speaker: int) -> Array:
        """See `Model`."""
        return self._run(window, speaker)[-len(window.source) :]

    def _run(self, window: Window, speaker: int) -> Array:
        frames = len(window.content)
        content, count = window.content[None], np.array([frames], np.int64)
        who, pitch, f0 = np.array([speaker], np.int64), source.coarse(window.f0)[None], window.f0[None]
        feed: dict[str, npt.NDArray[Any]] = {
            "phone": content, "phone_lengths": count, "ds": who, "rnd": window.noise[None],
            "feats": content, "p_len": count, "sid": who, "pitch": pitch, "pitchf": f0,
        }  # fmt: skip
        cast = {"tensor(float16)": np.float16, "tensor(float)": np.float32, "tensor(int64)": np.int64}
        taken = {name: feed[name].astype(cast[kind]) for name, kind in self._types.items()}
        sound: Array = self._session.run(None, taken)[0].ravel().astype(np.float32)
        return sound
