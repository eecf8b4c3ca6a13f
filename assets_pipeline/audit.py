"""The checks of the Khronos glTF Asset Auditor, measured on one file.

Source: KhronosGroup/gltf-asset-auditor 1.0.4, README and `Schema.getRecommended()`, which carry the
3D Commerce Asset Creation Guidelines. Where they recommend no limit the value is told and nothing
is judged. Different from there: UVs are taken as the material samples them, with its texture
transform, since a quantized file has others stored; edges are joined over all primitives of a
mesh; the ends of densities and colours leave out single slivers and pixels, which a lossy picture
has everywhere; the width of UV gutters, which they leave unlimited, is not measured. Checks of
our own: open edges, degenerate triangles, unused UV sets, draw calls, animations, place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.describe import describe
from assets_pipeline.materials import TRANSFORM, image_slots, texture_coordinates, texture_infos
from assets_pipeline.measure.edges import Edges, edges
from assets_pipeline.measure.uv_layout import coverage, densities, signed_areas
from assets_pipeline.model import FAN, STRIP, TRIANGLES, Json, Model, Primitive
from assets_pipeline.transforms import bounds, local_matrix, shown_nodes, world_matrices

Range = tuple[float | None, float | None]
COLOURS = {"baseColorTexture", "diffuseTexture"}
RINGING = 0.001  # of a picture's pixels at either end that don't count
CLEAN = 1e-6  # a transform this near to none is none


@dataclass(frozen=True)
class Limits:
    """None: told, and not judged. Counts are of what offends."""

    file_size: Range = (1_024, 5_242_880)  # bytes
    triangles: Range = (None, 100_000)
    materials: Range = (None, 5)
    texture_size: Range = (512, 2_048)  # pixels, of either side
    textures_not_power_of_two: int | None = 0
    textures_not_square: int | None = None
    colour_range: Range = (30, 243)  # sRGB 0–255: the largest channel of a base colour's pixels
    uv_range: Range = (None, None)
    uv_inverted: int | None = 0  # triangles
    uv_overlap: float | None = None  # 0–1, of the covered area
    texel_density: Range = (None, None)  # pixels per metre
    non_manifold_edges: int | None = None  # of three triangles and more
    open_edges: int | None = None  # of one triangle
    hard_edges: int | None = None  # that bend by 90° and more
    degenerate_triangles: int | None = None
    root_transforms: int | None = None  # root nodes that are moved, turned or scaled
    dimensions_percent: float = 3.0  # of the product's
    unused_uv_sets: int | None = 0


@dataclass(frozen=True)
class Triangle:
    """The triangles of one primitive as their material's first texture shows them."""

    uvs: NDArray[np.float64]  # (triangles, 3, 2)
    places: NDArray[np.float64]  # (triangles, 3, 3), metres
    image: int | None  # None: no texture; the UVs are TEXCOORD_0's


def audit(
    model: Model, size: int, limits: Limits | None = None, product: list[float] | None = None
) -> list[Json]:
    """`{check, value, limit, passed}` each; `passed` is None where there is no limit or no value.

    `model` is a file read back and `size` its bytes. Colours are looked at where images have
    pixels. `product` is the real thing's width, height and depth in metres.
    """
    limits, facts = limits or Limits(), describe(model)
    found: list[Json] = [
        _within("file_size", size, limits.file_size),
        _within("triangles", facts["triangles"], limits.triangles),
        _within("materials", len(model.materials), limits.materials),
        *(_told(name, facts[name]) for name in ("nodes", "meshes")),
        _told("primitives", len(model.primitives)),
        _told("draw_calls", facts["draw_calls"]),
        _told("animations", len(model.animations)),
        *_textures(model, limits),
        *_uvs(model, limits),
        *_edges(model, limits),
        _at_most("root_transforms", _moved_roots(model), limits.root_transforms),
        _told("off_centre", _off_centre(model)),
        _dimensions(facts["dimensions"], product, limits.dimensions_percent),
    ]
    return found


def failed(checks: list[Json]) -> list[Json]:
    return [check for check in checks if check["passed"] is False]


def _told(check: str, value: Any) -> Json:
    return {"check": check, "value": value, "limit": None, "passed": None}


def _at_most(check: str, value: float | None, limit: float | None) -> Json:
    passed = None if value is None or limit is None else value <= limit
    return {"check": check, "value": value, "limit": limit, "passed": passed}


def _within(check: str, value: Any, limit: Range) -> Json:
    """`value` is a number, a pair of lowest and highest, or None."""
    if limit == (None, None) or value is None:
        return _told(check, value)
    low, high = value if isinstance(value, list) else (value, value)
    least, most = limit
    passed = (least is None or low >= least) and (most is None or high <= most)
    return {"check": check, "value": value, "limit": list(limit), "passed": passed}


def _textures(model: Model, limits: Limits) -> list[Json]:
    sides = [(image.width, image.height) for image in model.images]
    flat = [side for pair in sides for side in pair]
    uneven = sum(any(side & (side - 1) for side in pair) for pair in sides)
    return [
        _told("textures", len(sides)),
        _within("texture_size", [min(flat), max(flat)] if flat else None, limits.texture_size),
        _at_most("textures_not_power_of_two", uneven, limits.textures_not_power_of_two),
        _at_most("textures_not_square", sum(w != h for w, h in sides), limits.textures_not_square),
        _within("colour_range", _colour_range(model), limits.colour_range),
    ]


def _colour_range(model: Model) -> list[int] | None:
    """Darkest and lightest of all base colour textures whose pixels are there and not clear."""
    ends: list[int] = []
    for image, slots in zip(model.images, image_slots(model), strict=True):
        if slots & COLOURS and image.pixels is not None:
            ends += _ends(image.pixels)
    return [min(ends), max(ends)] if ends else None


def _ends(pixels: NDArray[np.uint8]) -> list[int]:
    lightness = pixels if pixels.ndim == 2 else pixels[..., :3].max(axis=2)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        lightness = lightness[pixels[..., 3] > 0]
    share = np.cumsum(np.bincount(lightness.reshape(-1), minlength=256)) / max(lightness.size, 1)
    low, high = np.searchsorted(share, [RINGING, 1 - RINGING]).clip(0, 255)
    return [int(low), int(high)]


def _uvs(model: Model, limits: Limits) -> list[Json]:
    parts = list(_mapped(model))
    corners = np.concatenate([part.uvs for part in parts]) if parts else None
    ends = None if corners is None else [float(corners.min()), float(corners.max())]
    inverted = 0 if corners is None else int((signed_areas(corners) > 0).sum())
    return [
        _within("uv_range", ends and [round(end, 4) for end in ends], limits.uv_range),
        _at_most("uv_inverted", inverted, limits.uv_inverted),
        _at_most("uv_overlap", _overlap(parts), limits.uv_overlap),
        _within("texel_density", _density(model, parts), limits.texel_density),
        _at_most("unused_uv_sets", _unused_sets(model), limits.unused_uv_sets),
    ]


def _overlap(parts: list[Triangle]) -> float | None:
    """Over all textures; triangles overlap where they show the same part of one texture."""
    images = sorted({part.image for part in parts if part.image is not None})
    grids = [
        coverage(np.concatenate([part.uvs for part in parts if part.image == image]))
        for image in images
    ]
    covered = sum(grid.covered / grid.resolution**2 for grid in grids)
    twice = sum(grid.overlapping / grid.resolution**2 for grid in grids)
    return round(twice / covered, 4) if covered else None


def _density(model: Model, parts: list[Triangle]) -> list[int] | None:
    shown = [part for part in parts if part.image is not None]
    if not shown:
        return None
    pixels = [
        np.full(len(part.uvs), float(image.width * image.height))
        for part in shown
        if part.image is not None and (image := model.images[part.image])
    ]
    uvs = np.concatenate([part.uvs for part in shown])
    places = np.concatenate([part.places for part in shown])
    found = densities(uvs, places, np.concatenate(pixels))
    return None if found is None else [round(density) for density in found]


def _mapped(model: Model) -> Iterator[Triangle]:
    """Each shown primitive once, though nodes may share it."""
    world, seen = world_matrices(model), set()
    for index in shown_nodes(model):
        mesh = model.nodes[index].mesh
        if mesh is None or mesh in seen:
            continue
        seen.add(mesh)
        for primitive in model.meshes[mesh].primitives:
            corners = triangle_indices(primitive)
            image, uvs = _sampled(model, primitive)
            if uvs is not None and len(corners):
                points = primitive.attributes["POSITION"].floats() @ world[index][:3, :3].T
                yield Triangle(uvs[corners], points[corners], image)


def _sampled(model: Model, primitive: Primitive) -> tuple[int | None, NDArray[np.float64] | None]:
    """Where each vertex looks into its material's first texture (base colour, if it has one)."""
    material = {} if primitive.material is None else model.materials[primitive.material]
    infos = sorted(texture_infos(material), key=lambda found: found[0] not in COLOURS)
    info = infos[0][1] if infos else {}
    values = primitive.attributes.get(f"TEXCOORD_{texture_coordinates(info)}")
    if values is None:
        return None, None
    image = model.textures[info["index"]].image if info else None
    return image, _transformed(values.floats().astype(np.float64), info)


def _transformed(uvs: NDArray[np.float64], info: Json) -> NDArray[np.float64]:
    """Source: KHR_texture_transform: translation × rotation × scale."""
    transform = info.get("extensions", {}).get(TRANSFORM, {})
    turn = float(transform.get("rotation", 0.0))
    scaled = uvs * np.array(transform.get("scale", (1, 1)), np.float64)
    across = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(scaled @ across.T + np.array(transform.get("offset", (0, 0)), np.float64))


def _unused_sets(model: Model) -> int:
    """UV sets that a primitive carries and none of its materials reads."""
    count = 0
    for primitive in model.primitives:
        carried = {name for name in primitive.attributes if name.startswith("TEXCOORD_")}
        infos = [i for m in primitive.materials for _, i in texture_infos(model.materials[m])]
        count += len(carried - {f"TEXCOORD_{texture_coordinates(info)}" for info in infos})
    return count


def _edges(model: Model, limits: Limits) -> list[Json]:
    total = Edges()
    for mesh in model.meshes:
        places, corners, base = [], [], 0
        for primitive in mesh.primitives:
            corners.append(triangle_indices(primitive) + base)
            places.append(primitive.attributes["POSITION"].floats())
            base += primitive.vertices
        if places:
            total += edges(np.concatenate(places), np.concatenate(corners))
    return [
        _at_most("non_manifold_edges", total.forked, limits.non_manifold_edges),
        _at_most("open_edges", total.open, limits.open_edges),
        _at_most("hard_edges", total.hard, limits.hard_edges),
        _at_most("degenerate_triangles", total.degenerate, limits.degenerate_triangles),
    ]


def triangle_indices(primitive: Primitive) -> NDArray[np.int64]:
    """(triangles, 3); empty for points and lines."""
    count = primitive.vertices
    order = np.arange(count) if primitive.indices is None else primitive.indices
    order = order.astype(np.int64)
    if primitive.mode == TRIANGLES:
        return order[: len(order) // 3 * 3].reshape(-1, 3)
    if primitive.mode not in (STRIP, FAN) or len(order) < 3:
        return np.empty((0, 3), np.int64)
    if primitive.mode == FAN:
        return np.stack([np.full(len(order) - 2, order[0]), order[1:-1], order[2:]], axis=1)
    rows = np.stack([order[:-2], order[1:-1], order[2:]], axis=1)
    rows[1::2] = rows[1::2, [1, 0, 2]]  # every other triangle of a strip winds the other way
    return rows


def _moved_roots(model: Model) -> int:
    roots = model.scenes[model.scene or 0].get("nodes", []) if model.scenes else []
    matrices = (local_matrix(model.nodes[root]) for root in roots)
    return sum(bool(np.abs(matrix - np.eye(4)).max() > CLEAN) for matrix in matrices)


def _off_centre(model: Model) -> list[float] | None:
    """From the origin to the middle of the model's underside, metres."""
    corners = bounds(model)
    if corners is None:
        return None
    low, high = corners
    return [round(float(x), 4) for x in ((low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2)]


def _dimensions(found: list[float], product: list[float] | None, percent: float) -> Json:
    if product is None:
        return _told("dimensions", found)
    room = percent / 100
    passed = all(abs(a - b) <= room * b + CLEAN for a, b in zip(found, product, strict=True))
    return {"check": "dimensions", "value": found, "limit": product, "passed": passed}
