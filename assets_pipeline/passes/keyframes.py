"""Animations with fewer and smaller numbers, and the same motion."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import Animation, AnimationSampler, Model, Values

MOST_TURN = 32767  # a turn by 1/32767 moves what is a metre away by 0.03 mm


def without_repeats(model: Model) -> Model:
    """Without keyframes in the middle of a rest: before and after them, nothing moves.

    The first and the last stay, for they say how long the animation is. Only where half of the
    keyframes go: below that, times that samplers share are smaller than times of their own.
    """
    return _sampled(model, lambda animation, index: trimmed(animation.samplers[index]))


def trimmed(sampler: AnimationSampler) -> AnimationSampler:
    count = len(sampler.times)
    if sampler.interpolation not in ("LINEAR", "STEP") or not count or len(sampler.values) % count:
        return sampler
    rows = sampler.values.array.reshape(count, -1)  # morph weights: one row per target
    same = (rows[1:] == rows[:-1]).all(axis=1)
    as_before, as_after = np.r_[False, same], np.r_[same, False]
    if sampler.interpolation == "STEP":
        as_after[:-1] = True  # what comes after does not shine back
    kept = np.flatnonzero(~(as_before & as_after))
    if 2 * len(kept) > count:
        return sampler
    values = rows[kept].reshape(-1, sampler.values.array.shape[1])
    return replace(
        sampler, times=sampler.times.take(kept), values=replace(sampler.values, array=values)
    )


def quantize_rotations(model: Model) -> Model:
    """Rotations of nodes as 16-bit fractions, which core glTF allows."""

    def change(animation: Animation, index: int) -> AnimationSampler:
        sampler = animation.samplers[index]
        paths = {c["target"]["path"] for c in animation.channels if c["sampler"] == index}
        plain = sampler.values.array.dtype.kind == "f" and sampler.interpolation != "CUBICSPLINE"
        if paths != {"rotation"} or not plain or not len(sampler.values):
            return sampler
        return replace(sampler, values=fractions_of_a_turn(sampler.values.array))

    return _sampled(model, change)


def fractions_of_a_turn(quaternions: NDArray[np.float32]) -> Values:
    lengths = np.linalg.norm(quaternions, axis=1, keepdims=True)
    unit = quaternions / np.where(lengths > 0, lengths, 1)
    return Values(np.round(unit * MOST_TURN).astype(np.int16), "VEC4", normalized=True)


def _sampled(model: Model, change: Callable[[Animation, int], AnimationSampler]) -> Model:
    return replace(
        model,
        animations=tuple(
            replace(a, samplers=tuple(change(a, i) for i in range(len(a.samplers))))
            for a in model.animations
        ),
    )
