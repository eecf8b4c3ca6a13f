"""Models with enough triangles to lose some, built in code."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import Mesh, Model, Node, Primitive, Values

Floats = NDArray[np.float32]


def hill(steps: int) -> tuple[Floats, Floats, NDArray[np.uint32]]:
    """Positions, unit normals and indices of a rounded square metre: 2 × steps² triangles."""
    x, z = np.meshgrid(np.linspace(0, 1, steps + 1), np.linspace(0, 1, steps + 1))
    y = 0.2 * np.sin(np.pi * x) * np.sin(np.pi * z)
    slope_x = 0.2 * np.pi * np.cos(np.pi * x) * np.sin(np.pi * z)
    slope_z = 0.2 * np.pi * np.sin(np.pi * x) * np.cos(np.pi * z)
    normals = np.stack([-slope_x, np.ones_like(x), -slope_z], axis=-1).reshape(-1, 3)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    corner = (np.arange(steps)[:, None] * (steps + 1) + np.arange(steps)).ravel()
    low = np.stack([corner, corner + steps + 1, corner + 1], axis=1)
    high = np.stack([corner + 1, corner + steps + 1, corner + steps + 2], axis=1)
    positions = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    indices = np.stack([low, high], axis=1).reshape(-1)
    return positions.astype(np.float32), normals.astype(np.float32), indices.astype(np.uint32)


def patch(indices: NDArray[np.uint32], steps: int = 24, **more: Any) -> Primitive:
    """These triangles of the hill, with their own vertices and texture coordinates."""
    positions, normals, _ = hill(steps)
    whole = Primitive(
        {
            "POSITION": Values(positions, "VEC3"),
            "NORMAL": Values(normals, "VEC3"),
            "TEXCOORD_0": Values(positions[:, [0, 2]].copy(), "VEC2"),
        },
        indices,
        **more,
    )
    used, compact = np.unique(indices, return_inverse=True)
    return whole.take(used, compact.ravel().astype(np.uint32))


def two_patches(steps: int = 24) -> Model:
    """The hill in two primitives of one mesh that share a border."""
    indices = hill(steps)[2]
    half = len(indices) // 6 * 3
    primitives = (
        patch(indices[:half], steps, material=0, extras={"side": "near"}),
        patch(indices[half:], steps, material=1, extras={"side": "far"}),
    )
    return Model(
        meshes=(Mesh(primitives, name="hill"),),
        nodes=(Node(name="ground", mesh=0, scale=(2.0, 2.0, 2.0), translation=(1.0, 0.0, 0.0)),),
        scenes=({"nodes": [0]},),
        scene=0,
        materials=({"name": "grass"}, {"name": "earth"}),
    )
