"""What joints pull at vertices: weights that sum to one, and matrices that are affine."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Attributes, Model, Primitive, Skin, Values

# A sum of four rounded floats is off by less. Source: the Khronos validator allows 2e-7 a weight.
CLOSE_TO_ONE = 4e-7
UNWEIGHTED = "Joint weights did not sum to one, or named a joint twice; they were set right."
LAST_ROW = [3, 7, 11, 15]  # of a matrix stored by columns
ROUNDING = 1e-3


def settle_weights(model: Model) -> Model:
    """Weights of a vertex sum to one; no joint counts twice; those without weight are joint 0.

    Source: glTF 2.0, section 3.7.3.3.
    """
    joints = _joints_of_meshes(model)
    meshes = []
    for number, mesh in enumerate(model.meshes):
        most = joints.get(number)
        settled = tuple(_settle(p, most, f"Mesh {number}") for p in mesh.primitives)
        same = all(a is b for a, b in zip(settled, mesh.primitives, strict=True))
        meshes.append(mesh if same else replace(mesh, primitives=settled))
    if all(a is b for a, b in zip(meshes, model.meshes, strict=True)):
        return model
    return replace(model, meshes=tuple(meshes)).warn(UNWEIGHTED)


def _joints_of_meshes(model: Model) -> dict[int, int]:
    """How many joints the smallest skin has that each mesh is shown with."""
    found: dict[int, int] = {}
    for node in model.nodes:
        if node.mesh is not None and node.skin is not None:
            count = len(model.skins[node.skin].joints)
            found[node.mesh] = min(count, found.get(node.mesh, count))
    return found


def _settle(primitive: Primitive, most: int | None, where: str) -> Primitive:
    attributes = primitive.attributes
    sets = sorted(name.partition("_")[2] for name in attributes if name.startswith("JOINTS_"))
    if not sets or not primitive.vertices:
        return primitive
    joints = np.hstack([attributes[f"JOINTS_{n}"].array for n in sets])
    weights = np.hstack([attributes[f"WEIGHTS_{n}"].array for n in sets])
    scale = [attributes[f"WEIGHTS_{n}"] for n in sets]
    if len({(v.array.dtype, v.normalized) for v in scale}) > 1:
        raise InvalidModel(reason=f"{where} has joint weights of different kinds")
    new_joints, new_weights = settled(joints, weights)
    if most is not None and int(new_joints.max()) >= most:
        raise InvalidModel(
            reason=f"{where} hangs on joint {int(new_joints.max())} of a skin that has {most}"
        )
    if np.array_equal(new_joints, joints) and np.array_equal(new_weights, weights):
        return primitive
    return replace(primitive, attributes=_put_back(attributes, sets, new_joints, new_weights))


def _put_back(
    attributes: Attributes, sets: list[str], joints: NDArray[Any], weights: NDArray[Any]
) -> dict[str, Values]:
    changed = dict(attributes)
    for at, number in enumerate(sets):
        columns = slice(4 * at, 4 * at + 4)
        for name, array in ((f"JOINTS_{number}", joints), (f"WEIGHTS_{number}", weights)):
            changed[name] = replace(changed[name], array=np.ascontiguousarray(array[:, columns]))
    return changed


def settled(joints: NDArray[Any], weights: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """(n, k) each, `weights` floats or fractions of their integers' range."""
    whole = 1.0 if weights.dtype.kind == "f" else float(np.iinfo(weights.dtype).max)
    exact = np.maximum(weights.astype(np.float64), 0)
    for later in range(1, joints.shape[1]):
        for earlier in range(later):
            twice = (joints[:, later] == joints[:, earlier]) & (exact[:, later] > 0)
            twice &= exact[:, earlier] > 0
            exact[twice, earlier] += exact[twice, later]
            exact[twice, later] = 0
    total = exact.sum(axis=1)
    exact[total == 0, 0], total[total == 0] = whole, whole
    off = np.abs(total / whole - 1) > (CLOSE_TO_ONE if whole == 1 else 0)
    exact[off] *= (whole / total[off])[:, None]
    if whole > 1:
        exact = np.floor(exact)
        largest = exact.argmax(axis=1)
        exact[np.arange(len(exact)), largest] += whole - exact.sum(axis=1)
    return np.where(exact > 0, joints, 0), exact.astype(weights.dtype)


def settle_bind_matrices(model: Model) -> Model:
    """Their last row is exactly 0 0 0 1. Raises InvalidModel when it is far from that.

    Source: glTF 2.0, section 3.7.3.1.
    """
    skins = tuple(_settle_skin(skin, f"Skin {i}") for i, skin in enumerate(model.skins))
    same = all(a is b for a, b in zip(skins, model.skins, strict=True))
    return model if same else replace(model, skins=skins)


def _settle_skin(skin: Skin, where: str) -> Skin:
    matrices = skin.inverse_bind_matrices
    if matrices is None:
        return skin
    off = np.abs(matrices.array[:, LAST_ROW] - (0, 0, 0, 1))
    if not off.any():
        return skin
    if off.max() > ROUNDING:
        raise InvalidModel(reason=f"{where} has bind matrices that are not affine")
    exact = matrices.array.copy()
    exact[:, LAST_ROW] = 0, 0, 0, 1
    return replace(skin, inverse_bind_matrices=replace(matrices, array=exact))
