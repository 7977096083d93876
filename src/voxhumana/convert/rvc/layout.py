"""What an RVC file says of its network: 18 numbers, checked before anything is built from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any

from voxhumana.errors import VoxError

FRAME_HZ = 100
"""Content and pitch frames a second, at every sample rate."""
FLOW_MARGIN = 24
"""Frames before the wanted ones that reach them through the flow: 4 couplings of 3 layers of width 5."""
RATES_HZ = (32_000, 40_000, 48_000)


@dataclass(frozen=True)
class GeneratorShape:
    """As `nets.hifigan.Shape`, which needs torch to import."""

    rates: tuple[int, ...]
    kernels: tuple[int, ...]
    width: int
    stack_kernels: tuple[int, ...]
    stack_dilations: tuple[tuple[int, ...], ...]
    kind: str


@dataclass(frozen=True)
class Layout:
    """The network's sizes."""

    content: int
    """Channels of a content frame: 256 in v1 (HuBERT's layer 9, projected), 768 in v2 (layer 12)."""
    f0: bool
    """Whether it is told the pitch."""
    rate_hz: int
    inter: int
    hidden: int
    filters: int
    heads: int
    layers: int
    kernel: int
    speakers: int
    speaker: int
    """Channels of a speaker's embedding."""
    generator: Any
    """`GeneratorShape`, or `nets.hifigan.Shape`."""

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return prod(self.generator.rates)


def parse(config: Any, version: Any, f0: Any, name: str) -> Layout:  # noqa: ANN401  # whatever a stranger's file holds
    """Read the `config`, `version` and `f0` of an RVC file.

    `config` is [spectrum bins, segment, inter, hidden, filters, heads, layers, kernel, dropout, stack kind,
    stack kernels, stack dilations, upsampling rates, first width, upsampling kernels, speakers, speaker
    channels, sample rate]: RVC's `process_ckpt.py`.

    Raises:
        VoxError: It is not that, or names sizes that no RVC model has.
    """
    try:
        (_, _, inter, hidden, filters, heads, layers, kernel, _, kind, stack_kernels, stack_dilations,
         rates, width, kernels, speakers, speaker, rate_hz) = config  # fmt: skip
        rate_hz = {"32k": 32_000, "40k": 40_000, "48k": 48_000}.get(rate_hz, rate_hz)
        generator = GeneratorShape(
            tuple(map(int, rates)), tuple(map(int, kernels[: len(rates)])), int(width),
            tuple(map(int, stack_kernels)), tuple(tuple(map(int, d)) for d in stack_dilations), str(kind),
        )  # fmt: skip
        named = {
            "inter": int(inter), "hidden": int(hidden), "filters": int(filters), "heads": int(heads),
            "layers": int(layers), "kernel": int(kernel), "speakers": int(speakers), "speaker": int(speaker),
        }  # fmt: skip
        content = 256 if version == "v1" else 768
        layout = Layout(content, bool(int(f0)), int(rate_hz), generator=generator, **named)
    except (TypeError, ValueError) as error:
        raise VoxError(
            f"{name} does not say what network it holds; it is no RVC model, or a damaged one."
        ) from error
    inner = (*named.values(), width, *generator.kernels, *generator.rates, *generator.stack_kernels)
    sane = (
        all(1 <= n <= 4096 for n in inner)
        and layout.hidden % layout.heads == 0
        and layout.inter % 2 == 0
        and len(generator.rates) == len(generator.kernels) <= 8
        and len(generator.stack_kernels) == len(generator.stack_dilations) <= 8
        and width >> len(generator.rates) >= 1
    )
    if not sane or layout.rate_hz not in RATES_HZ or layout.hop * FRAME_HZ != layout.rate_hz:
        raise VoxError(f"{name} asks for a network that no RVC model has; it is refused.")
    return layout


def with_generator(layout: Layout, generator: Any) -> Layout:  # noqa: ANN401  # `nets.hifigan.Shape`
    """The same layout, with another kind of generator shape."""
    return replace(layout, generator=generator)
