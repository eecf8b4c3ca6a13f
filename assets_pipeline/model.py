"""A 3D model in memory: glTF 2.0's content on numpy arrays, frozen.

Everything that refers to binary data is held as arrays (`Values`) or bytes (`Image`). Everything
else keeps glTF's own JSON: materials, samplers, cameras, extensions and extras stay verbatim, with
glTF's indices into this model's tuples. JSON objects and arrays are read-only by contract: one
object may be shared by many models.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Json = dict[str, Any]
Floats = NDArray[np.float32]

POINTS, LINES, TRIANGLES, STRIP, FAN = 0, 1, 4, 5, 6  # glTF primitive modes
VARIANTS = "KHR_materials_variants"


@dataclass(frozen=True, eq=False)
class Values:
    """An accessor's content: `array` is (count, components), `kind` glTF's SCALAR … MAT4.

    `normalized` integers stand for fractions of their range. `octahedral_bits` above zero says
    that the rows are unit vectors on an octahedral grid of so many bits, so a writer may use the
    filter made for them without a further loss.
    """

    array: NDArray[Any]
    kind: str
    normalized: bool = False
    octahedral_bits: int = 0

    def __len__(self) -> int:
        return len(self.array)

    def floats(self) -> Floats:
        """What the values mean, (count, components) float32. Source: glTF 2.0, section 3.6.2.2."""
        if not self.normalized or self.array.dtype.kind == "f":
            return self.array.astype(np.float32, copy=False)
        scaled = self.array.astype(np.float32) / np.iinfo(self.array.dtype).max
        return np.maximum(scaled, np.float32(-1))

    def take(self, rows: NDArray[Any]) -> "Values":
        return replace(self, array=self.array[rows])


Attributes = Mapping[str, Values]


@dataclass(frozen=True, eq=False)
class Primitive:
    """What one draw call draws. All attributes and targets have one row per vertex."""

    attributes: Attributes  # by glTF's semantic: POSITION, NORMAL, TEXCOORD_0, _CUSTOM…
    indices: NDArray[np.uint32] | None = None  # (n,)
    mode: int = TRIANGLES
    material: int | None = None
    targets: tuple[Attributes, ...] = ()  # morph targets: differences to the attributes
    extensions: Json = field(default_factory=dict)
    extras: Any = None

    @property
    def vertices(self) -> int:
        return len(self.attributes["POSITION"])

    @property
    def triangles(self) -> int:
        count = self.vertices if self.indices is None else len(self.indices)
        if self.mode == TRIANGLES:
            return count // 3
        return max(0, count - 2) if self.mode in (STRIP, FAN) else 0

    @property
    def draws(self) -> bool:
        """Whether there is anything to see: a triangle, or for points and lines an element."""
        if self.mode in (TRIANGLES, STRIP, FAN):
            return self.triangles > 0 and self.vertices > 0
        return self.vertices > 0 and (self.indices is None or len(self.indices) > 0)

    @property
    def materials(self) -> frozenset[int]:
        """Every material it may be drawn with: its own and those of the variants."""
        mapped = {m["material"] for m in self.variant_mappings}
        return frozenset(mapped if self.material is None else mapped | {self.material})

    @property
    def variant_mappings(self) -> list[Json]:
        return list(self.extensions.get(VARIANTS, {}).get("mappings", []))

    def map_values(self, change: Callable[[Values], Values]) -> "Primitive":
        """The same change made to every attribute and every morph target."""
        return replace(
            self,
            attributes={name: change(v) for name, v in self.attributes.items()},
            targets=tuple({n: change(v) for n, v in target.items()} for target in self.targets),
        )

    def take(self, rows: NDArray[Any], indices: NDArray[np.uint32] | None) -> "Primitive":
        """Keep these vertices, in this order, and draw them by these indices."""
        return replace(self.map_values(lambda v: v.take(rows)), indices=indices)


@dataclass(frozen=True, eq=False)
class Mesh:
    primitives: tuple[Primitive, ...]
    name: str | None = None
    weights: tuple[float, ...] | None = None
    extensions: Json = field(default_factory=dict)
    extras: Any = None


@dataclass(frozen=True, eq=False)
class Node:
    """A place in the scene graph. Either `matrix` (column-major, 16) or the three others."""

    name: str | None = None
    children: tuple[int, ...] = ()
    mesh: int | None = None
    skin: int | None = None
    camera: int | None = None
    matrix: tuple[float, ...] | None = None
    translation: tuple[float, ...] | None = None  # x y z, metres
    rotation: tuple[float, ...] | None = None  # quaternion x y z w
    scale: tuple[float, ...] | None = None
    weights: tuple[float, ...] | None = None
    instancing: Attributes = field(default_factory=dict)  # EXT_mesh_gpu_instancing
    extensions: Json = field(default_factory=dict)
    extras: Any = None


@dataclass(frozen=True, eq=False)
class Image:
    """A picture as its file's bytes, as decoded pixels, or both.

    `pixels` is (height, width) for grey or (height, width, 3 or 4), uint8. `data` is empty once a
    pass has changed the pixels.
    """

    data: bytes = b""
    mime: str = ""
    width: int = 0
    height: int = 0
    pixels: NDArray[np.uint8] | None = None
    name: str | None = None
    extensions: Json = field(default_factory=dict)
    extras: Any = None

    def with_pixels(self, pixels: NDArray[np.uint8]) -> "Image":
        height, width = pixels.shape[:2]
        return replace(self, data=b"", mime="", pixels=pixels, width=width, height=height)


@dataclass(frozen=True, eq=False)
class Texture:
    image: int | None = None
    sampler: int | None = None
    name: str | None = None
    extensions: Json = field(default_factory=dict)
    extras: Any = None


@dataclass(frozen=True, eq=False)
class AnimationSampler:
    times: Values
    values: Values
    interpolation: str = "LINEAR"
    extras: Any = None


@dataclass(frozen=True, eq=False)
class Animation:
    channels: tuple[Json, ...]  # glTF's: {"sampler": i, "target": {"node": n, "path": p}}
    samplers: tuple[AnimationSampler, ...]
    name: str | None = None
    extensions: Json = field(default_factory=dict)
    extras: Any = None


@dataclass(frozen=True, eq=False)
class Skin:
    joints: tuple[int, ...]
    inverse_bind_matrices: Values | None = None  # (joints, 16), column-major
    skeleton: int | None = None
    name: str | None = None
    extensions: Json = field(default_factory=dict)
    extras: Any = None


@dataclass(frozen=True, eq=False)
class Model:
    """A whole model.

    `used` and `required` name the glTF extensions that this content needs; the ones that only say
    how a file stores it (compression, picture formats) are added by the writer. `declared` is what
    the source file listed. `unitless` says that the format names no unit of length, so its numbers
    may be anything. `metres` and `up` are what the file said 1 means and which axis points up; a
    reader has applied both. Unless it is `placed`, nobody chose where it stands.
    """

    meshes: tuple[Mesh, ...] = ()
    nodes: tuple[Node, ...] = ()
    scenes: tuple[Json, ...] = ()
    scene: int | None = None
    materials: tuple[Json, ...] = ()
    textures: tuple[Texture, ...] = ()
    images: tuple[Image, ...] = ()
    samplers: tuple[Json, ...] = ()
    animations: tuple[Animation, ...] = ()
    skins: tuple[Skin, ...] = ()
    cameras: tuple[Json, ...] = ()
    asset: Json = field(default_factory=dict)
    extensions: Json = field(default_factory=dict)
    extras: Any = None
    used: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    declared: tuple[str, ...] = ()
    unitless: bool = False
    metres: float = 1.0
    up: str = "y"
    placed: bool = True
    format: str = "glTF"
    warnings: tuple[str, ...] = ()

    def map_primitives(self, change: Callable[[Primitive], Primitive]) -> "Model":
        meshes = (
            replace(mesh, primitives=tuple(map(change, mesh.primitives))) for mesh in self.meshes
        )
        return replace(self, meshes=tuple(meshes))

    @property
    def primitives(self) -> list[Primitive]:
        return [primitive for mesh in self.meshes for primitive in mesh.primitives]

    @property
    def variants(self) -> list[str]:
        """Names of the material variants, in the order that mappings count them."""
        return [v.get("name", "") for v in self.extensions.get(VARIANTS, {}).get("variants", [])]

    def warn(self, text: str) -> "Model":
        return replace(self, warnings=(*self.warnings, text))
