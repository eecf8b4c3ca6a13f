"""Arrays of a triangle format as a Primitive, and primitives as a Model without units."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Json, Mesh, Model, Node, Primitive, Values
from assets_pipeline.readers.surface import Surface, to_linear

# What an untextured surface of a format without materials looks like: matt, light grey.
PLAIN: Json = {
    "name": "Plain",
    "pbrMetallicRoughness": {
        "baseColorFactor": [0.5, 0.5, 0.5, 1.0],
        "metallicFactor": 0.0,
        "roughnessFactor": 0.7,
    },
}
PLAIN_SURFACE = Surface("Plain", colour=(0.5, 0.5, 0.5))


def primitive(
    positions: NDArray[Any],
    faces: NDArray[Any],
    *,
    normals: NDArray[Any] | None = None,
    uv: NDArray[Any] | None = None,
    colours: NDArray[Any] | None = None,
    material: int = 0,
) -> Primitive:
    """`faces` is (n, corners); `uv` counts upwards from the picture's edge; `colours` are uint8.

    Raises InvalidModel when a face names a vertex that does not exist.
    """
    positions, faces = np.asarray(positions), triangles(np.asarray(faces))
    if positions.ndim != 2 or faces.ndim != 2 or positions.shape[1] != 3 or faces.shape[1] != 3:
        raise InvalidModel(reason="It holds no triangles")
    if len(faces) and (int(faces.max()) >= len(positions) or int(faces.min()) < 0):
        raise InvalidModel(
            reason=f"A face names vertex {int(faces.max())},"
            f" but the last one is {len(positions) - 1}"
        )
    with np.errstate(over="ignore"):  # becomes infinite, which the common checks refuse by name
        attributes = {"POSITION": Values(positions.astype(np.float32), "VEC3")}
        if normals is not None and np.shape(normals) == positions.shape:
            unit = _unit(np.asarray(normals, np.float64))
            if unit is not None:
                attributes["NORMAL"] = Values(unit, "VEC3")
        if uv is not None and _is_table(uv, len(positions), 2):
            # glTF counts v downwards from the picture's upper edge.
            flipped = np.column_stack([uv[:, 0], 1.0 - np.asarray(uv)[:, 1]]).astype(np.float32)
            attributes["TEXCOORD_0"] = Values(flipped, "VEC2")
    if colours is not None and _is_table(colours, len(positions), 3):
        attributes["COLOR_0"] = linear_colours(np.asarray(colours))
    return Primitive(attributes, indices=faces.ravel().astype(np.uint32), material=material)


def _is_table(values: NDArray[Any], rows: int, columns: int) -> bool:
    """Numbers, so many rows of at least so many: damaged text becomes anything."""
    values = np.asarray(values)
    shaped = values.ndim == 2 and len(values) == rows and values.shape[1] >= columns
    return shaped and values.dtype.kind in "fiu"


def triangles(faces: NDArray[Any]) -> NDArray[Any]:
    """Faces of more corners as fans of triangles, (n, 3)."""
    if faces.ndim != 2 or faces.shape[1] <= 3:
        return faces
    return np.vstack([faces[:, [0, i, i + 1]] for i in range(1, faces.shape[1] - 1)])


def unitless_model(
    primitives: list[Primitive],
    *,
    format: str,
    materials: tuple[Json, ...] = (PLAIN,),
) -> Model:
    return Model(
        meshes=(Mesh(tuple(primitives)),),
        nodes=(Node(mesh=0),),
        scenes=({"nodes": [0]},),
        scene=0,
        materials=materials,
        unitless=True,
        placed=False,
        format=format,
    )


def _unit(normals: NDArray[np.float64]) -> NDArray[np.float32] | None:
    """Unit normals, or None when some have no direction: then computed ones are better."""
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not (lengths > 0).all():
        return None
    unit: NDArray[np.float32] = (normals / lengths).astype(np.float32)
    return unit


def linear_colours(colours: NDArray[Any]) -> Values:
    """glTF's vertex colours are linear light; files hold sRGB. 16 bits keep the dark steps."""
    if colours.dtype.kind != "f":
        colours = colours / 255
    alpha = colours[:, 3:4] if colours.shape[1] > 3 else np.ones((len(colours), 1))
    light = np.hstack([to_linear(colours[:, :3]), np.clip(alpha, 0, 1)])
    whole = np.round(light * 65535).astype(np.uint16)
    return Values(whole, "VEC4", normalized=True)
