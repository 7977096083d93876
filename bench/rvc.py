"""What RVC costs here and in the usual chain, at equal settings, on one core, full size, random weights.

    PYTHONPATH=src:tests python bench/rvc.py build FOLDER       makes the models; needs torch; a minute
    PYTHONPATH=src:tests python bench/rvc.py measure FOLDER     two minutes; alone on the machine, please

Full size: v2, 40 kHz, HuBERT-base, RMVPE as published (90 million parameters). A block of 260 ms out of a
window of 1.32 s. The usual chain is RVC's own live one (`infer/rtrvc.py`, `realtime_gui.py`): HuBERT over the
window, RMVPE over the block and 50 ms, flow and generator over the block and 50 ms for the join. Each of its
parts is timed alone, and the medians are summed: what it does between them is not counted. Ours is timed whole.
"""

import json
import sys
from pathlib import Path
from time import perf_counter

import numpy as np

BLOCK, CONTEXT = 26, 106
"""Frames of 10 ms."""
RETURNED, FOLLOWED = BLOCK + 5, 32
"""Frames that the usual chain renders, and that its RMVPE hears."""
CONFIG = [1025, 32, 192, 192, 768, 2, 6, 3, 0, "1", [3, 7, 11], [[1, 3, 5]] * 3, [10, 10, 2, 2], 512,
          [16, 16, 4, 4], 109, 256, 40_000]  # fmt: skip
"""RVC's `configs/v2/40k.json` and `process_ckpt.py`."""


def build(folder):
    import torch

    import tiny_pitch  # noqa: F401  # says where layouts come from
    import tiny_rvc
    from voxhumana.convert.nets import hubert, pitch
    from voxhumana.convert.rvc import nets

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    held = tiny_rvc.voice(size=lambda *_: CONFIG)
    torch.save(held, folder / "full.pth")
    network = tiny_rvc.network_of(held)
    from voxhumana.convert.rvc import model

    (folder / "full.onnx").write_bytes(model.exported(folder / "full.pth").read_bytes())
    nets.export(network, str(folder / "whole.onnx"))
    heard = hubert.Hubert(hubert.Shape(), 768).eval()
    hubert.export(heard, str(folder / "vec-768-layer-12.onnx"))
    hubert.export(heard, str(folder / "int8.onnx"), int8=True)
    pitch.export("rmvpe", pitch.Rmvpe(16, 5, 4, 4, 256).eval(), str(folder / "rmvpe.onnx"))


def timed(call, times=12):
    """Median milliseconds."""
    took = []
    for _ in range(times + 2):
        began = perf_counter()
        call()
        took.append(1e3 * (perf_counter() - began))
    return float(np.median(took[2:]))


def measure(folder):
    import torch

    from voxhumana import onnx
    from voxhumana.bench.machine import machine
    from voxhumana.bench.tune import likeness, rendered, speech
    from voxhumana.convert.rvc.converter import Rvc
    from voxhumana.convert.rvc.timing import Timing
    from voxhumana.voice import Voice

    torch.set_num_threads(1)
    frames, rng = BLOCK + CONTEXT, np.random.default_rng(0)
    wave = rng.standard_normal((1, frames * 160 + 80)).astype(np.float32) * 0.05
    window = {
        "content": rng.standard_normal((1, frames, 768)).astype(np.float32),
        "noise": rng.standard_normal((1, 192, frames)).astype(np.float32),
        "speaker": np.zeros(1, np.int64),
        "source": 0.1 * rng.standard_normal((1, 1, RETURNED * 400)).astype(np.float32),
        "pitch": np.full((1, frames), 60, np.int64),
    }
    mel = rng.standard_normal((1, 128, FOLLOWED)).astype(np.float32)
    hear, render, follow = (
        onnx.session(folder / f"{name}.onnx") for name in ("vec-768-layer-12", "whole", "rmvpe")
    )
    parts = {
        "onnx HuBERT": timed(lambda: hear.run(None, {"source": wave})),
        "onnx synthesiser": timed(lambda: render.run(None, window)),
        "onnx RMVPE": timed(lambda: follow.run(None, {"mel": mel})),
    }
    import tiny_rvc
    from voxhumana.convert.nets import hubert, pitch

    own = {
        "torch HuBERT": (hubert.Hubert(hubert.Shape(), 768).eval(), (wave,)),
        "torch synthesiser": (
            tiny_rvc.network_of(torch.load(folder / "full.pth", weights_only=True)), tuple(window.values()),
        ),
        "torch RMVPE": (pitch.Rmvpe(16, 5, 4, 4, 256).eval(), (mel,)),
    }  # fmt: skip
    for name, (network, given) in own.items():
        tensors = [torch.from_numpy(x) for x in given]
        with torch.inference_mode():
            parts[name] = timed(lambda net=network, args=tensors: net(*args), 6)
    sound, ours, made = speech(), {}, {}
    for name, f0, content in (
        ("stream", "stream", ""),
        ("stream, int8", "stream", "int8.onnx"),
        ("rmvpe", "rmvpe", ""),
    ):
        engine = Rvc(timing=Timing(block=BLOCK, context=CONTEXT))
        told = {"rvc": {"model": "full.onnx", "f0": f0, "content": content}}
        voice = Voice(
            name="x", title="x", character="x", licence="x", source="x", engines=told, folder=folder
        )
        stream = engine.open(voice)
        blocks = iter(
            [sound[at : at + engine.hop] for at in range(0, len(sound) - engine.hop, engine.hop)] * 9
        )
        ours[name] = timed(lambda s=stream, b=blocks: [None for _ in s.push(next(b))])
        if f0 == "stream":
            made[name] = rendered(engine, voice, sound)
    chains = {
        kind: sum(parts[f"{kind} {part}"] for part in ("HuBERT", "synthesiser", "RMVPE"))
        for kind in ("torch", "onnx")
    }
    block_ms = 10 * BLOCK
    print(json.dumps({"machine": machine(), "block_ms": block_ms, "window_ms": 10 * frames, "parts_ms": parts,
                      "usual_ms": chains, "ours_ms": ours,
                      "int8_alike": likeness(made["stream, int8"], made["stream"]),
                      "int8_correlation": float(np.corrcoef(made["stream, int8"], made["stream"])[0, 1]),
                      "rtf": {name: took / block_ms for name, took in {**chains, **ours}.items()},
                      "times_cheaper": {f"{chain} / {name}": chains[chain] / ours[name] for chain in chains for name in ours}},
                     indent=1))  # fmt: skip


if __name__ == "__main__":
    {"build": build, "measure": measure}[sys.argv[1]](Path(sys.argv[2]).absolute())
