"""Profiles as data: what each device gets, and in which steps it is made.

To change what a device gets, change its line in PROFILES. A new step is a frozen dataclass
`Model -> Model` in `passes/`, put into `recipe` or `preparation`.
"""

from dataclasses import dataclass

from assets_pipeline.passes import (
    ComputeNormals,
    Dequantize,
    Pass,
    Place,
    Prune,
    Quantize,
    Reorder,
    RequireNothing,
    ResizeTextures,
    TidyTextures,
    Triangulate,
    Unit,
    Weld,
)
from assets_pipeline.writers.glb import GlbWriter
from assets_pipeline.writers.pictures import Pictures


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
class Profile:
    name: str
    texture_size: int  # pixels of the longer side
    storage: Pass  # how numbers are kept: Quantize, or RequireNothing for core glTF's floats
    pictures: Pictures
    writer: GlbWriter
    budget: Budget

    @property
    def recipe(self) -> tuple[Pass, ...]:
        """From the prepared model to the one that is written. Quantize, then weld: see there."""
        return (ResizeTextures(self.texture_size), self.storage, Weld(), Reorder())


def preparation(unit: Unit | None) -> tuple[Pass, ...]:
    """The steps that all profiles share, made once per model."""
    return (Triangulate(), Dequantize(), Place(unit), ComputeNormals(), Prune(), TidyTextures())


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            name="web",  # browsers, phones, desktop VR
            texture_size=2048,
            storage=Quantize(position_bits=14, normal_bits=10, uv_bits=13),
            pictures=Pictures(webp=True),
            writer=GlbWriter(compress=True),
            budget=Budget(bytes=3_000_000, triangles=100_000, texture_size=2048),
        ),
        Profile(
            name="headset",  # standalone VR
            texture_size=1024,
            storage=Quantize(position_bits=14, normal_bits=8, uv_bits=12),
            pictures=Pictures(webp=True),
            writer=GlbWriter(compress=True),
            budget=Budget(bytes=1_000_000, triangles=40_000, texture_size=1024),
        ),
        Profile(
            name="universal",  # any glTF 2.0 loader, Scene Viewer
            texture_size=2048,
            storage=RequireNothing(),
            pictures=Pictures(webp=False, quality={"normal": 92, "colour": 88, "data": 88}),
            writer=GlbWriter(compress=False),
            budget=Budget(bytes=10_000_000, vertices=30_000, texture_size=2048),
        ),
        Profile(
            name="preview",  # first sight
            texture_size=256,
            storage=Quantize(position_bits=12, normal_bits=8, uv_bits=12),
            pictures=Pictures(webp=True, quality={"normal": 70, "colour": 70, "data": 60}),
            writer=GlbWriter(compress=True),
            budget=Budget(bytes=100_000, texture_size=256),
        ),
    )
}
