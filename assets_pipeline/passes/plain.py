"""Plain triangle lists of plain floats: what the other passes work on, and core glTF allows."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import FAN, STRIP, TRIANGLES, Model, Primitive, Values

# Core glTF 2.0 lets texture coordinates be normalized integers; the others must be floats.
FLOATS_ONLY = ("POSITION", "NORMAL", "TANGENT")
QUANTIZATION = "KHR_mesh_quantization"


@dataclass(frozen=True)
class Triangulate:
    """Strips and fans become triangle lists. Lists lose an incomplete last triangle.

    Primitives that draw nothing go, and so do meshes that are left with none.
    """

    def __call__(self, model: Model) -> Model:
        listed = model.map_primitives(triangulate_primitive)
        meshes = tuple(
            replace(mesh, primitives=tuple(p for p in mesh.primitives if p.draws))
            for mesh in listed.meshes
        )
        empty = {i for i, mesh in enumerate(meshes) if not mesh.primitives}
        nodes = tuple(replace(n, mesh=None) if n.mesh in empty else n for n in model.nodes)
        return replace(listed, meshes=meshes, nodes=nodes)


def triangulate_primitive(primitive: Primitive) -> Primitive:
    if primitive.mode not in (TRIANGLES, STRIP, FAN):
        return primitive
    indices = primitive.indices
    if indices is None:
        indices = np.arange(primitive.vertices, dtype=np.uint32)
    if primitive.mode == TRIANGLES:
        return replace(primitive, indices=indices[: len(indices) // 3 * 3])
    listed = strip_triangles(indices) if primitive.mode == STRIP else fan_triangles(indices)
    return replace(primitive, indices=listed.ravel(), mode=TRIANGLES)


def strip_triangles(strip: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """(n, 3); every second triangle is turned, so that all keep facing the same way."""
    triangles = np.stack([strip[:-2], strip[1:-1], strip[2:]], axis=1)
    triangles[1::2] = triangles[1::2][:, [0, 2, 1]]
    return triangles


def fan_triangles(fan: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """(n, 3)"""
    return np.stack([fan[1:-1], fan[2:], np.repeat(fan[:1], max(0, len(fan) - 2))], axis=1)


@dataclass(frozen=True)
class Dequantize:
    """Integers that need KHR_mesh_quantization become floats of the same meaning."""

    def __call__(self, model: Model) -> Model:
        plain = model.map_primitives(dequantize_primitive)
        return replace(
            plain, used=model.used - {QUANTIZATION}, required=model.required - {QUANTIZATION}
        )


def dequantize_primitive(primitive: Primitive) -> Primitive:
    return replace(
        primitive,
        attributes={n: _attribute(n, v) for n, v in primitive.attributes.items()},
        targets=tuple({n: _plain(n, v) for n, v in t.items()} for t in primitive.targets),
    )


def _plain(name: str, values: Values) -> Values:
    integer_uv = name.startswith("TEXCOORD") and not (
        values.normalized and values.array.dtype.kind == "u"
    )
    if values.array.dtype.kind == "f" or not (name in FLOATS_ONLY or integer_uv):
        return values
    return Values(values.floats(), values.kind)


def _attribute(name: str, values: Values) -> Values:
    """Plain, and a direction of length one: rounding left it a little short or long. A morph
    target's directions are differences, whose length counts."""
    plain = _plain(name, values)
    if plain is values or name not in ("NORMAL", "TANGENT"):
        return plain
    floats = plain.array.copy()
    length = np.linalg.norm(floats[:, :3], axis=1, keepdims=True)
    floats[:, :3] /= np.where(length > 0, length, 1)
    return Values(floats, values.kind)


@dataclass(frozen=True)
class RequireNothing:
    """Let loaders that know no extension open the file; what it needs stays declared as used.

    A loader without KHR_texture_transform then shows a pattern at another scale, which is better
    than nothing. Baking the transforms instead would take more texture coordinate sets than core
    glTF promises: the sample sofa needs six, its variants turning the same fabric differently.
    """

    def __call__(self, model: Model) -> Model:
        return replace(model, used=model.used | model.required, required=frozenset())
