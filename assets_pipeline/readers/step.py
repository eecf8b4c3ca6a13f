"""STEP: solids of CAD programs, cut into triangles by Open CASCADE (package cascadio)."""

import re
from dataclasses import dataclass, replace

from assets_pipeline.axes import TURNS, in_basis
from assets_pipeline.errors import InvalidModel, MissingExtra
from assets_pipeline.model import Json, Mesh, Model
from assets_pipeline.readers.gltf import read_gltf
from assets_pipeline.readers.shapes import PLAIN
from assets_pipeline.readers.silence import silence
from assets_pipeline.readers.source import Source

# Units of length by what a file calls them. Source: ISO 10303-41.
UNITS = (
    (rb"CONVERSION_BASED_UNIT\s*\(\s*'INCH'", 0.0254),
    (rb"CONVERSION_BASED_UNIT\s*\(\s*'FOOT'", 0.3048),
    (rb"SI_UNIT\s*\(\s*\.CENTI\.\s*,\s*\.METRE\.\s*\)", 0.01),
    (rb"SI_UNIT\s*\(\s*\.MILLI\.\s*,\s*\.METRE\.\s*\)", 0.001),
    (rb"SI_UNIT\s*\(\s*\$\s*,\s*\.METRE\.\s*\)", 1.0),
)
END = b"END-ISO-10303-21"
TAIL_BYTES = 4096


@dataclass(frozen=True)
class Tessellation:
    """How far triangles may lie from the true surface, and turn between neighbours.

    0.1 mm is what the pipeline allows itself everywhere; Open CASCADE counts millimetres whatever
    the file counts (measured: a circle of 1 m has 315 segments in mm, m and inch alike).
    """

    millimetres: float = 0.1
    radians: float = 0.35


def read_step(source: Source, tessellation: Tessellation | None = None) -> Model:
    """Names, assemblies and colours are kept. Raises MissingExtra, InvalidModel, TooLarge.

    What CAD calls up is z. A part stands where its drawing's origin is, so it is grounded later.
    """
    try:
        import cascadio
    except ImportError as error:
        raise MissingExtra(what="Reading STEP", extra="step") from error
    if END not in source.data[-TAIL_BYTES:]:
        raise InvalidModel(reason="The STEP has no end: it is truncated")
    asked = tessellation or Tessellation()
    with silence():
        glb = cascadio.load(
            source.data,
            tol_linear=asked.millimetres,
            tol_angular=asked.radians,
            use_parallel=False,  # builds run side by side already
        )
    if not glb:
        raise InvalidModel(reason="The STEP cannot be read, or holds no solids or surfaces")
    model = read_gltf(replace(source, kind="glb", data=glb, archive=None))
    known = replace(
        model,
        format="STEP",
        metres=_unit(source.data),
        up="z",
        placed=False,
        asset={},
        declared=(),
        meshes=tuple(replace(m, extras=None) for m in model.meshes),  # cascadio's notes
        materials=tuple(map(_matt, model.materials)),
    )
    return in_basis(_with_material(known), 1.0, TURNS["z"])


def _unit(data: bytes) -> float:
    """Metres of the unit that the file counts in; Open CASCADE has applied it already."""
    return next((metres for said, metres in UNITS if re.search(said, data)), 0.001)


def _matt(material: Json) -> Json:
    """STEP knows colours only. Without these numbers glTF means metal."""
    pbr = {"metallicFactor": 0.0, "roughnessFactor": 0.5} | material.get("pbrMetallicRoughness", {})
    return {**material, "pbrMetallicRoughness": pbr}


def _with_material(model: Model) -> Model:
    """What has no colour is plain."""
    if all(p.material is not None for p in model.primitives):
        return model
    number = len(model.materials)
    plain = {**PLAIN, "doubleSided": True}

    def dressed(mesh: Mesh) -> Mesh:
        return replace(
            mesh,
            primitives=tuple(
                replace(p, material=number) if p.material is None else p for p in mesh.primitives
            ),
        )

    return replace(
        model, meshes=tuple(map(dressed, model.meshes)), materials=(*model.materials, plain)
    )
