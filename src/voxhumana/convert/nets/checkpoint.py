"""Checkpoints of strangers: looked at, bounded, and read as data; no pickle is ever executed.

PATH -> inspect: what the archive is, without torch -> load: tensors, by torch's weights-only reader
     -> fit: weight norm folded, names and shapes compared with the network's before it is built
"""

from __future__ import annotations

import pickletools
import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from voxhumana.errors import VoxError

LARGEST = 2 << 30
"""Bytes of the largest checkpoint taken; RVC's are 55 MB, XTTS' 1.9 GB."""
PACKED = 32 << 20
"""Bytes by which an archive may grow when unpacked: tensors are not compressed, code and tables are."""
SHARED = 4
"""Times its own size that the tensors of a file may be, as some share their numbers."""
MEMBERS = 20_000
"""Files in an archive; the largest voice models have some 2,000 tensors."""
WIDEST, DEEPEST = 4096, 64
"""Channels and layers beyond which no such network is."""
SAFE = {"collections", "torch", "torch._utils", "torch.nn.parameter", "torch.storage", "_codecs", "builtins"}
"""Modules that a pickle of tensors names; whatever names another one wants to run something."""
HARMLESS = {"set", "dict", "list", "tuple", "OrderedDict", "bytearray", "complex", "encode", "Size", "Tensor",
            "dtype", "device", "Parameter", "defaultdict"}  # fmt: skip


def members(path: Path) -> dict[str, int]:
    """The files in a torch archive and their sizes, in bytes, without their common folder.

    Raises:
        VoxError: It is no archive of torch's, or is damaged, or larger than a voice can be.
    """
    try:
        size = path.stat().st_size
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (OSError, zipfile.BadZipFile, ValueError, struct.error, NotImplementedError) as error:
        raise VoxError(f"{path.name} is damaged or no torch file; get it again.") from error
    unpacked = sum(info.file_size for info in infos)
    if size > LARGEST or unpacked > size + PACKED or len(infos) > MEMBERS:
        raise VoxError(f"{path.name} unpacks to more than a voice can be; it is refused.")
    names = {info.filename.partition("/")[2]: info.file_size for info in infos}
    if any(".." in name or name.startswith("/") for name in names):
        raise VoxError(f"{path.name} has names in it that lead out of it; it is refused.")
    return names


def globals_of(path: Path) -> set[str]:
    """What the pickle in a torch archive asks for by name, `module name`, found without executing it.

    Raises:
        VoxError: As `members`; or it holds no pickle.
    """
    members(path)
    try:
        with zipfile.ZipFile(path) as archive:
            inside = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
            text = archive.read(inside)
        asked: set[str] = set()
        for code, argument, _ in pickletools.genops(text):
            if code.name in {"GLOBAL", "INST"}:
                asked.add(str(argument))
            elif code.name == "STACK_GLOBAL":  # a name put together at run time; torch never writes one
                asked.add("pickle STACK_GLOBAL")
    except (StopIteration, ValueError, zipfile.BadZipFile, EOFError, KeyError) as error:
        raise VoxError(f"{path.name} is damaged or no torch file; get it again.") from error
    return asked


def check(path: Path, also: Collection[str] = ()) -> None:
    """Refuse an archive whose pickle asks for more than tensors.

    Args:
        path: The archive.
        also: What else it may ask for, `module name`, because its loader knows it to be harmless.

    Raises:
        VoxError: It does, or it is no archive of torch's.
    """
    for asked in sorted(globals_of(path).difference(also)):
        module, _, name = asked.partition(" ")
        wanted = name in HARMLESS or name.endswith("Storage") or name.startswith("_rebuild")
        if module not in SAFE or not wanted:
            raise VoxError(
                f"{path.name} would run '{module}.{name}' when loaded, as weights never do; it is refused."
            )


def load(path: Path) -> Any:  # noqa: ANN401  # a pickle's own shape; callers check it
    """What a `.pth`, `.pt` or `.ckpt` holds: tensors in dicts and lists, nothing else.

    Raises:
        VoxError: It is damaged, or wants to be executed; or torch is not installed.
    """
    check(path)
    torch = need_torch(path.name)
    try:
        held = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # torch's reader raises a dozen kinds for a bad file
        raise VoxError(f"{path.name} is damaged or holds more than weights; get it again.") from error
    if sum(_bytes(held, torch)) > SHARED * path.stat().st_size:
        raise VoxError(f"{path.name} has tensors larger than itself; it is refused.")
    return held


def _bytes(held: Any, torch: Any) -> Iterator[int]:  # noqa: ANN401  # a pickle's own shape
    """What each tensor would take if it were written out: one number may stand for all of a tensor."""
    if isinstance(held, torch.Tensor):
        yield held.numel() * held.element_size()
    elif isinstance(held, (dict, list, tuple)):
        for inner in held.values() if isinstance(held, dict) else held:
            yield from _bytes(inner, torch)


def load_safetensors(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Tensors and metadata of a `.safetensors` file.

    Raises:
        VoxError: It is damaged; or torch or safetensors is not installed.
    """
    need_torch(path.name)
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415  # behind the extra

    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise VoxError(f"{path.name} is damaged; get it again.") from error


def load_script(path: Path, extra: str = "rvc") -> Any:  # noqa: ANN401  # torch's
    """A TorchScript module, for inference on the CPU; whoever calls looks at the archive before.

    Raises:
        VoxError: Torch is not installed.
        RuntimeError, ValueError, EOFError: It is damaged, or of another torch.
    """
    torch = need_torch(path.name, extra)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch 2.13 would rather have what nobody exports yet
        return torch.jit.load(str(path), map_location="cpu").eval()


def need_torch(name: str, extra: str = "rvc") -> Any:  # noqa: ANN401  # the module
    """Torch, imported; `name` needs it and `extra` brings it.

    Raises:
        VoxError: It is not installed.
    """
    try:
        import torch  # noqa: PLC0415  # behind the extra
    except ImportError as error:
        raise VoxError(f'{name} needs torch; run `pip install "voxhumana[{extra}]"`.') from error
    return torch


def tensors(held: Any, key: str = "") -> dict[str, Any]:  # noqa: ANN401  # a pickle's own shape
    """The tensors by name in what `load` gave, or in what it has under `key`; nothing else that is there.

    Names lose the `module.` that training on several machines puts before them.
    """
    import torch  # noqa: PLC0415  # behind the extra

    inner = held.get(key, held) if isinstance(held, dict) else {}
    inner = inner if isinstance(inner, dict) else {}
    return {str(name).removeprefix("module."): t for name, t in inner.items() if torch.is_tensor(t)}


def layers(state: Mapping[str, Any], pattern: str) -> int:
    """How many layers tensors are of, whose numbers are the group in `pattern`.

    Raises:
        ValueError: None, or more than `DEEPEST`.
    """
    count = 1 + max(int(m[1]) for name in state if (m := re.match(pattern, name)) and len(m[1]) < 4)
    if count > DEEPEST:
        raise ValueError(count)
    return count


def fuse(state: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The same tensors, float32, weight norm folded in: g * v / |v| (Salimans and Kingma, 2016)."""
    import torch  # noqa: PLC0415  # behind the extra

    fused = {}
    for key, tensor in state.items():
        stem, _, last = key.rpartition(".")
        if last == "weight_v" or key.endswith("parametrizations.weight.original1"):
            stem = stem.removesuffix(".parametrizations.weight")
            gain = state.get(f"{stem}.weight_g", state.get(f"{stem}.parametrizations.weight.original0"))
            if gain is None:
                raise VoxError(f"{name} has '{key}' without its gain; it was cut short.")
            v, g = tensor.float(), gain.float()
            normed = tuple(axis for axis in range(g.dim()) if g.shape[axis] == 1)
            fits = g.dim() == v.dim() and all(n in {1, m} for n, m in zip(g.shape, v.shape, strict=True))
            if not fits or not normed:
                raise VoxError(f"{name} has a gain for '{key}' that does not fit it; it is damaged.")
            fused[f"{stem}.weight"] = v * (g / torch.linalg.vector_norm(v, dim=normed, keepdim=True))
        elif last != "weight_g" and not key.endswith("parametrizations.weight.original0"):
            fused[key] = tensor.float() if tensor.is_floating_point() else tensor
    return fused


def fit(make: Callable[[], Any], state: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401  # a torch module
    """The network that `make` builds, with `state` in it, for inference.

    Names and shapes are compared before anything is allocated, so no file makes a network larger than itself.

    Raises:
        VoxError: A tensor is missing, has another shape, or belongs to another network.
    """
    import torch  # noqa: PLC0415  # behind the extra

    try:
        with torch.device("meta"):
            own = make().state_dict()
    except (RuntimeError, ValueError, TypeError, AssertionError, ZeroDivisionError) as error:
        raise VoxError(f"{name} asks for a network that cannot be; it is damaged.") from error
    fused = fuse(state, name)
    for key in sorted(own.keys() | fused.keys()):
        if key not in fused:
            raise VoxError(f"{name} has no '{key}'; it is another kind of model, or was cut short.")
        if key not in own:
            raise VoxError(f"{name} has '{key}', which such a model does not; it is another kind of model.")
        if fused[key].shape != own[key].shape:
            has, needs = list(fused[key].shape), list(own[key].shape)
            raise VoxError(f"{name} has a '{key}' of shape {has} where {needs} is needed.")
    network = make()
    network.load_state_dict(fused)
    return network.eval().requires_grad_(requires_grad=False)
