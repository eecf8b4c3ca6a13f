"""Profiles as data: what each device gets, and in which steps it is made.

To change what a device gets, change its line in PROFILES. A new step is a frozen dataclass
`Model -> Model` in `passes/`, put into a recipe or into `preparation`.
"""

from dataclasses import dataclass, replace

from assets_pipeline.passes import (
    BakeNormalScale,
    ComputeNormals,
    Dedup,
    Dequantize,
    FoldSheen,
    Instance,
    Join,
    Pass,
    Place,
    Prune,
    Quantize,
    Reorder,
    RequireNothing,
    ResizeTextures,
    ShareImages,
    Simplify,
    Still,
    TidyTextures,
    Triangulate,
    Unit,
    Up,
    Weld,
)
from assets_pipeline.writers.glb import GlbWriter
from assets_pipeline.writers.pictures import Pictures, Slack
from assets_pipeline.writers.usdz import UsdzWriter


@dataclass(frozen=True)
class Budget:
    """What the field asks of a profile; reported in the proof. None: no limit.

    Sources: Khronos 3D Commerce guidelines, Meta's WebXR advice, Google's Scene Viewer.
    """

    bytes: int
    triangles: int | None = None
    vertices: int | None = None
    texture_size: int | None = None  # pixels of the longer side


@dataclass(frozen=True)
class Recipe:
    """How one file is made of the prepared model.

    `textures` change pictures only and run first, so that encoding them, the longest part, goes on
    while `geometry` runs.
    """

    textures: tuple[Pass, ...]
    geometry: tuple[Pass, ...]
    pictures: Pictures
    writer: GlbWriter | UsdzWriter

    @property
    def passes(self) -> tuple[Pass, ...]:
        return (*self.textures, *self.geometry)


@dataclass(frozen=True)
class Lod:
    """A level of detail: this part of the triangles, and textures of so many pixels."""

    ratio: float
    texture_size: int


@dataclass(frozen=True)
class Profile:
    """What a kind of device gets. `purpose` says in a few words which."""

    name: str
    purpose: str
    recipe: Recipe
    budget: Budget
    lods: tuple[Lod, ...] = ()
    fitted: bool = False  # made simpler until its bytes are within the budget


def preparation(unit: Unit | None = None, up: Up | None = None) -> tuple[Pass, ...]:
    """The steps that all profiles share, made once per model."""
    placed = (Triangulate(), Dequantize(), Place(unit, up))
    shared = (Prune(), ShareImages(), Dedup(), Join())
    return (*placed, ComputeNormals(), *shared, TidyTextures())


def compact(positions: int, normals: int, uvs: int) -> tuple[Pass, ...]:
    """Geometry as small integers of so many bits. Quantize, then weld: see there."""
    return (Instance(), Quantize(positions, normals, uvs), Weld(), Reorder())


def compact_for_meshopt(geometry: tuple[Pass, ...]) -> tuple[Pass, ...]:
    """The steps, with what meshopt alone cannot pay for: it stores each bit that Draco predicts.

    These are gltfpack's own bits but for one less of positions. On ten products they save 18 % of
    the geometry.
    """
    return tuple(
        replace(
            step,
            position_bits=min(step.position_bits, 13),
            normal_bits=min(step.normal_bits, 8),
            uv_bits=min(step.uv_bits, 12),
        )
        if isinstance(step, Quantize)
        else step
        for step in geometry
    )


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            name="web",
            purpose="browsers, phones, desktop VR",
            recipe=Recipe(
                textures=(ResizeTextures(2048),),
                geometry=(Simplify(100_000), *compact(positions=14, normals=10, uvs=13)),
                pictures=Pictures.searched(),
                writer=GlbWriter("smallest"),
            ),
            budget=Budget(bytes=3_000_000, triangles=100_000, texture_size=2048),
        ),
        Profile(
            name="headset",
            purpose="standalone VR",
            recipe=Recipe(
                textures=(ResizeTextures(1024, power_of_two=True),),
                geometry=(Simplify(40_000), *compact(positions=14, normals=8, uvs=12)),
                pictures=Pictures.ktx2(),
                writer=GlbWriter("meshopt"),
            ),
            budget=Budget(bytes=1_000_000, triangles=40_000, texture_size=1024),
            lods=(Lod(0.25, 512), Lod(0.10, 256)),
        ),
        Profile(
            name="universal",
            purpose="any glTF 2.0 loader, Scene Viewer",
            recipe=Recipe(
                textures=(ResizeTextures(2048),),
                geometry=(Simplify(max_vertices=30_000), RequireNothing(), Weld(), Reorder()),
                pictures=Pictures.core(),
                writer=GlbWriter(),
            ),
            budget=Budget(bytes=10_000_000, vertices=30_000, texture_size=2048),
        ),
        Profile(
            name="preview",
            purpose="first sight",
            recipe=Recipe(
                textures=(ResizeTextures(256),),
                geometry=compact(positions=12, normals=8, uvs=12),
                pictures=Pictures.webp_only(Slack(normal=2, colour=2, data=4)),
                writer=GlbWriter("meshopt"),
            ),
            budget=Budget(bytes=100_000, texture_size=256),
            fitted=True,
        ),
        # One file for each variant: its viewer has no switch between materials.
        Profile(
            name="quick-look",
            purpose="iPhone, iPad",
            recipe=Recipe(
                textures=(ResizeTextures(2048), BakeNormalScale(), FoldSheen()),
                geometry=(Simplify(100_000), Still(), Weld()),
                pictures=Pictures.core(),
                writer=UsdzWriter(),
            ),
            budget=Budget(bytes=10_000_000, triangles=100_000, texture_size=2048),
        ),
    )
}
