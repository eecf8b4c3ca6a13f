"""Solids and surfaces: turned, swept, lofted, bevelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from scenes.demo.modelling.mesh import Floats, Mesh, merge, sheet

Vector = Sequence[float] | Floats


def lathe(
    profile: Floats, segments: int = 64, radius_by: Callable[[Floats, Floats], Floats] | None = None
) -> Mesh:
    """Turn a profile of (radius, height), read from the bottom up, about the y axis.

    `radius_by(angles, heights)` may multiply the radius, for flutes and ribs.
    """
    angles = np.linspace(0, 2 * np.pi, segments + 1)
    radius = np.repeat(profile[:, :1], segments + 1, axis=1)
    height = np.repeat(profile[:, 1:], segments + 1, axis=1)
    if radius_by is not None:
        radius = radius * radius_by(np.broadcast_to(angles, radius.shape), height)
    points = np.stack([radius * np.sin(angles), height, radius * np.cos(angles)], axis=-1)
    points[:, -1] = points[:, 0]  # bitwise, so that the seam shares its normals
    steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(profile, axis=0), axis=1))])
    around = angles * float(np.abs(profile[:, 0]).max())
    uvs = np.stack(np.meshgrid(around, steps), axis=-1)
    return sheet(points, uvs).flipped()


def sweep(
    path: Floats,
    section: Floats,
    *,
    scale: Floats | None = None,
    up: Sequence[float] = (0, 1, 0),
    closed: bool = False,
    caps: bool = True,
) -> Mesh:
    """Carry a section (n, 2: sideways, up), a closed loop counter-clockwise, along a path.

    `scale` (path points,) or (path points, 2) sizes the section along the way.
    """
    tangents = np.gradient(path, axis=0)
    if closed:
        tangents[0] = tangents[-1] = path[1] - path[-2]
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    side = np.cross(tangents, np.asarray(up, dtype=float))
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    top = np.cross(side, tangents)
    factor = np.ones((len(path), 2)) if scale is None else np.asarray(scale, dtype=float)
    if factor.ndim == 1:
        factor = np.repeat(factor[:, None], 2, axis=1)
    loop = np.concatenate([section, section[:1]])
    points = (
        path[:, None]
        + side[:, None] * (loop[None, :, :1] * factor[:, None, :1])
        + top[:, None] * (loop[None, :, 1:] * factor[:, None, 1:])
    )
    body = sheet(points)
    if closed or not caps:
        return body
    return merge(body, _cap(points[0], flip=False), _cap(points[-1], flip=True))


def _cap(loop: Floats, *, flip: bool) -> Mesh:
    """Close a loop with a slightly domed fan of rings."""
    centre = loop[:-1].mean(axis=0)
    rings = np.stack([centre + (loop - centre) * s for s in (1.0, 0.5, 0.0)])
    flat = loop - centre
    axis = np.argsort(np.ptp(flat, axis=0))[::-1][:2]
    uvs = np.stack([(ring - centre)[:, axis] for ring in rings])
    cap = sheet(rings, uvs)
    return cap if flip else cap.flipped()


def tube(
    path: Floats,
    radius: float | Floats,
    segments: int = 10,
    *,
    closed: bool = False,
    caps: bool = True,
) -> Mesh:
    """A round rod along a path; its frame is carried along, so it never twists."""
    sizes = np.broadcast_to(np.asarray(radius, dtype=float), (len(path),))
    tangents = np.gradient(path, axis=0)
    if closed:
        tangents[0] = tangents[-1] = path[1] - path[-2]
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    first = np.eye(3)[np.abs(tangents[0]).argmin()]
    normals = np.empty_like(tangents)
    for i, tangent in enumerate(tangents):
        first = first - tangent * (first @ tangent)
        first = first / np.linalg.norm(first)
        normals[i] = first
    binormals = np.cross(tangents, normals)
    angles = np.linspace(0, 2 * np.pi, segments + 1)
    ring = (
        np.cos(angles)[None, :, None] * normals[:, None]
        + np.sin(angles)[None, :, None] * (binormals[:, None])
    )
    points = path[:, None] + ring * sizes[:, None, None]
    points[:, -1] = points[:, 0]
    body = sheet(points).flipped()
    if closed or not caps:
        return body
    return merge(body, _cap(points[0], flip=True), _cap(points[-1], flip=False))


def panel(corner: Vector, u: Vector, v: Vector, step: float = 10) -> Mesh:
    """A flat rectangle from a corner along u and v; its front is u × v. UVs are metres."""
    origin, along, up = (np.asarray(x, dtype=float) for x in (corner, u, v))
    columns = max(1, int(np.ceil(np.linalg.norm(along) / step)))
    rows = max(1, int(np.ceil(np.linalg.norm(up) / step)))
    s, t = np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1))
    points = origin + s[..., None] * along + t[..., None] * up
    uvs = np.stack([s * np.linalg.norm(along), t * np.linalg.norm(up)], axis=-1)
    return sheet(points, uvs).flipped()


def block(width: float, height: float, depth: float, bevel: float = 0.006, steps: int = 3) -> Mesh:
    """A box with rounded edges standing on y = 0, centred in x and z; UVs are metres per face."""
    half = np.array([width, height, depth]) / 2
    bevel = min(bevel, float(half.min()) * 0.98)
    angles = np.linspace(0, np.pi / 4, steps)
    faces = [
        _face(half, bevel, angles, axis, (axis + 1) % 3, (axis + 2) % 3, sign)
        for axis in range(3)
        for sign in (1.0, -1.0)
    ]
    return merge_smooth(*faces).moved(y=height / 2)


def _face(
    half: Floats, bevel: float, angles: Floats, axis: int, a: int, b: int, sign: float
) -> Mesh:
    # A cube-sphere face: parameters run over the flat part and the bevel up to 45 degrees.
    def line(reach: float) -> tuple[Floats, Floats]:
        turn = np.tan(angles)
        flat = reach - bevel
        core = np.concatenate([-np.full(len(turn), flat), np.full(len(turn), flat)])
        lean = np.concatenate([-turn[::-1], turn])
        return core, lean

    core_a, lean_a = line(half[a])
    core_b, lean_b = line(half[b])
    grid_a, grid_b = np.meshgrid(np.arange(len(core_a)), np.arange(len(core_b)))
    normal = np.zeros((*grid_a.shape, 3))
    normal[..., axis] = sign
    normal[..., a] = lean_a[grid_a]
    normal[..., b] = lean_b[grid_b]
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    points = normal * bevel
    points[..., axis] += sign * (half[axis] - bevel)
    points[..., a] += core_a[grid_a]
    points[..., b] += core_b[grid_b]
    order = (2, 1) if axis == 0 else (0, 2) if axis == 1 else (0, 1)
    uvs = np.stack(
        [points[..., order[0]] + half[order[0]], points[..., order[1]] + half[order[1]]], -1
    )
    mesh = sheet(points, uvs)
    return mesh.flipped() if sign > 0 else mesh


def merge_smooth(*meshes: Mesh) -> Mesh:
    """Merge and share normals wherever vertices of any of the meshes meet."""
    return merge(*meshes).smoothed()


def stack(loops: Sequence[Floats], *, bottom: bool = True, top: bool = True) -> Mesh:
    """Skin closed loops (n, 3), counter-clockwise from above, from the lowest to the highest."""
    rows = [np.concatenate([loop, loop[:1]]) for loop in loops]
    if bottom:
        rows.insert(0, _shrunk(rows[0]))
    if top:
        rows.append(_shrunk(rows[-1]))
    return sheet(np.stack(rows)).flipped()


def unfolded(loops: Sequence[Floats]) -> Mesh:
    """`stack` with UVs spread out from the middle of the top, as a hide is laid over a pillow."""
    rows = [np.concatenate([loop, loop[:1]]) for loop in loops]
    rows = [_shrunk(rows[0]), *rows, _shrunk(rows[-1])]
    points = np.stack(rows)
    steps = np.linalg.norm(np.diff(points[::-1], axis=0), axis=2)
    reach = np.concatenate([np.zeros((1, steps.shape[1])), np.cumsum(steps, axis=0)])[::-1]
    plan = (points - rows[-1])[len(rows) // 2][:, [0, 2]]
    plan = plan / np.linalg.norm(plan, axis=1, keepdims=True)
    return sheet(points, plan[None] * reach[..., None]).flipped()


def _shrunk(loop: Floats) -> Floats:
    return np.repeat(loop[:-1].mean(axis=0, keepdims=True), len(loop), axis=0)


def level(loop: Floats, y: float) -> Floats:
    """A loop of (x, z) at a height, turned to run counter-clockwise seen from above."""
    return np.stack([loop[:, 0], np.full(len(loop), y), -loop[:, 1]], axis=1)
