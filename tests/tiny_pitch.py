"""Tiny CREPE, FCPE and RMVPE with the published layouts, random weights; needs torch.

    python tests/tiny_pitch.py        writes tests/models/{crepe-tiny,fcpe,rmvpe}.onnx anew

The keys are the published ones: see `voxhumana.convert.nets.pitch`, which was compared with the published
code at full size, same weights: CREPE and RMVPE equal, FCPE within 1.2e-7.
"""

from pathlib import Path

import torch

MODELS = Path(__file__).parent / "models"


def checkpoint(kind):
    """What such a file holds."""
    from tiny_rvc import split
    from voxhumana.convert.nets import pitch

    torch.manual_seed(0)
    if kind == "crepe-tiny":
        return pitch.Crepe([4, 2, 2, 2, 2, 4]).state_dict()
    if kind == "rmvpe":
        return pitch.Rmvpe(1, 5, 1, 1, 4).state_dict()
    state = split(pitch.Fcpe(128, 8, 8, 5, 2).state_dict(), ("output_proj",))
    weight = state.pop("output_proj.weight")
    state["output_proj.weight_g"] = torch.linalg.vector_norm(weight.float(), dim=1, keepdim=True)
    state["output_proj.weight_v"] = weight
    state |= {"cent_table": torch.zeros(360), "gaussian_blurred_cent_mask": torch.zeros(())}
    return {"model": state, "config_dict": {"model": {"type": "CFNaiveMelPE"}}, "global_step": 1}


def main():
    from voxhumana.convert.nets import pitch

    for kind in ("crepe-tiny", "fcpe", "rmvpe"):
        pitch.export(*pitch.build(checkpoint(kind), kind), str(MODELS / f"{kind}.onnx"))


if __name__ == "__main__":
    main()
