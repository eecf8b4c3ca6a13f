"""Rotations as unit quaternions: nobody can turn by another, and viewers differ in what they do."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import Animation, AnimationSampler, Model, Node, Values

NOT_UNIT = "A rotation was not of unit length; it was made so."
NEARLY_ONE = 1e-5  # off by what decimals leave out
STEPS = 5e-3  # off by what small integers leave out
NO_TURN = (0.0, 0.0, 0.0, 1.0)


def settle_turns(model: Model) -> Model:
    """Nodes, instances and animations turn by unit quaternions; zero ones do not turn."""
    nodes = tuple(map(_settle_node, model.nodes))
    animations = tuple(map(_settle_animation, model.animations))
    if _same(nodes, model.nodes) and _same(animations, model.animations):
        return model
    return replace(model, nodes=nodes, animations=animations).warn(NOT_UNIT)


def _settle_node(node: Node) -> Node:
    if node.rotation is not None:
        length = sum(x * x for x in node.rotation) ** 0.5
        if abs(length - 1) > NEARLY_ONE:
            turn = tuple(x / length for x in node.rotation) if length > 0 else NO_TURN
            node = replace(node, rotation=turn)
    if "ROTATION" in node.instancing:
        values = unit(node.instancing["ROTATION"], slice(None))
        if values is not node.instancing["ROTATION"]:
            node = replace(node, instancing={**node.instancing, "ROTATION": values})
    return node


def _settle_animation(animation: Animation) -> Animation:
    turning = {c["sampler"] for c in animation.channels if c["target"]["path"] == "rotation"}
    samplers = tuple(
        _settle_sampler(sampler) if i in turning else sampler
        for i, sampler in enumerate(animation.samplers)
    )
    same = _same(samplers, animation.samplers)
    return animation if same else replace(animation, samplers=samplers)


def _settle_sampler(sampler: AnimationSampler) -> AnimationSampler:
    # A cubic spline has a tangent before and after each value, and those have any length.
    rows = slice(1, None, 3) if sampler.interpolation == "CUBICSPLINE" else slice(None)
    values = unit(sampler.values, rows)
    return sampler if values is sampler.values else replace(sampler, values=values)


def unit(values: Values, rows: slice) -> Values:
    """The same object when all these rows are of unit length already."""
    if values.kind != "VEC4":
        return values
    quaternions: NDArray[np.float64] = values.floats()[rows].astype(np.float64)
    lengths = np.linalg.norm(quaternions, axis=1, keepdims=True)
    if (np.abs(lengths - 1) <= STEPS).all():
        return values
    turns = np.where(lengths > 0, quaternions / np.where(lengths > 0, lengths, 1), NO_TURN)
    floats = values.floats().copy()
    floats[rows] = turns
    return Values(floats, values.kind)


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return all(a is b for a, b in zip(one, other, strict=True))
