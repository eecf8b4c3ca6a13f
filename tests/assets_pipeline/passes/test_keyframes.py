"""Fewer and smaller keyframes make the same motion."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from assets_pipeline.model import Animation, AnimationSampler, Model, Node, Values
from assets_pipeline.passes import Dedup, Quantize
from assets_pipeline.passes.keyframes import fractions_of_a_turn, trimmed


def sampler_of(
    values: list[float], interpolation: str = "LINEAR", width: int = 1
) -> AnimationSampler:
    rows = np.array(values, np.float32).reshape(-1, 1)
    times = np.arange(len(rows) // width, dtype=np.float32).reshape(-1, 1)
    return AnimationSampler(Values(times, "SCALAR"), Values(rows, "SCALAR"), interpolation)


def at(sampler: AnimationSampler, moments: NDArray[np.float64]) -> NDArray[np.float64]:
    times, values = sampler.times.array.ravel(), sampler.values.array.ravel()
    if sampler.interpolation == "STEP":
        return values[np.searchsorted(times, moments, "right") - 1]
    return np.interp(moments, times, values)


@given(
    st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=1, max_size=30),
    st.sampled_from(["LINEAR", "STEP"]),
)
def test_the_motion_is_the_same_at_every_moment(values: list[float], interpolation: str) -> None:
    before = sampler_of(values, interpolation)
    after = trimmed(before)
    moments = np.linspace(0, len(values) - 1, 97)
    np.testing.assert_array_equal(at(before, moments), at(after, moments))
    assert after.times.array[-1] == before.times.array[-1]
    assert len(after.times) == len(after.values)


def test_a_rest_keeps_its_ends() -> None:
    assert trimmed(sampler_of([5.0] * 50)).times.array.ravel().tolist() == [0, 49]


def test_morph_weights_of_several_targets_rest_together() -> None:
    rows = [0.0, 1.0] * 6 + [0.5, 1.0]
    after = trimmed(sampler_of(rows, width=2))
    assert after.times.array.ravel().tolist() == [0, 5, 6]
    assert after.values.array.ravel().tolist() == [0, 1, 0, 1, 0.5, 1]


def test_splines_keep_every_keyframe() -> None:
    spline = AnimationSampler(
        Values(np.zeros((4, 1), np.float32), "SCALAR"),
        Values(np.zeros((12, 3), np.float32), "VEC3"),
        "CUBICSPLINE",
    )
    assert trimmed(spline) is spline


@given(
    arrays.arrays(np.float32, (5, 4), elements=st.floats(-1, 1, width=32)).filter(
        lambda q: bool((np.linalg.norm(q, axis=1) > 0.1).all())
    )
)
def test_a_rotation_turns_by_less_than_a_hundredth_of_a_degree(q: NDArray[np.float32]) -> None:
    unit = q / np.linalg.norm(q, axis=1, keepdims=True)
    stored = fractions_of_a_turn(q).floats().astype(np.float64)
    stored /= np.linalg.norm(stored, axis=1, keepdims=True)
    apart = 2 * np.arcsin(np.clip(np.linalg.norm(unit - stored, axis=1) / 2, 0, 1))
    assert np.degrees(2 * apart).max() < 0.01


@pytest.mark.parametrize(("path", "dtype"), [("rotation", np.int16), ("translation", np.float32)])
def test_only_rotations_become_fractions(path: str, dtype: type) -> None:
    values = Values(np.tile(np.float32([0, 0, 0, 1]), (3, 1)), "VEC4")
    times = Values(np.float32([[0], [1], [2]]), "SCALAR")
    channel = {"sampler": 0, "target": {"node": 0, "path": path}}
    animation = Animation((channel,), (AnimationSampler(times, values),), name="turn")
    model = Model(nodes=(Node(),), scenes=({"nodes": [0]},), animations=(animation,))
    (quantized,) = Quantize()(Dedup()(model)).animations
    assert quantized.samplers[0].values.array.dtype == dtype
    assert quantized.name == "turn"
    assert len(quantized.samplers[0].times) == 3
