"""Wavefront OBJ with its materials and pictures."""

import io
import re
import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Model, Primitive
from assets_pipeline.readers.assembly import Assembly
from assets_pipeline.readers.mtl import Statements, parse_mtl, read_surface
from assets_pipeline.readers.shapes import PLAIN_SURFACE, primitive, unitless_model
from assets_pipeline.readers.source import Source
from assets_pipeline.readers.surface import Surface


class _Names:
    """A resolver for trimesh that gives it material names and nothing else.

    It groups faces by material only when it finds the library, and decodes every picture it can
    reach; names alone get the one without the other.
    """

    def __init__(self, names: list[str]) -> None:
        self._library = "".join(f"newmtl {name}\nKd 1 1 1\n" for name in names).encode()

    def __getitem__(self, _: str) -> bytes:
        return self._library

    get = __getitem__


def read_obj(source: Source) -> Model:
    """Raises InvalidModel. Missing pictures and libraries are warnings: the shape still counts."""
    text = re.sub(r"\r\n?", "\n", source.data.decode("utf-8", errors="replace"))
    assembly = Assembly(source, "OBJ")
    library = _library(assembly, text)
    used = list(dict.fromkeys(_statements("usemtl", text)))
    if (unknown := [name for name in used if name not in library]) and not assembly.notes:
        names = ", ".join(unknown)
        assembly.warn(f"No library describes the material {names}; it becomes grey.")
    for name in used:
        assembly.looks.add(_surface(assembly, name, library.get(name)))
    shapes = [_shape(mesh, used) for mesh in _geometry(text, used)]
    if any(shape.material == len(used) for shape in shapes):
        assembly.looks.add(PLAIN_SURFACE)
    return assembly.dressed(unitless_model(shapes, format="OBJ"))


def _surface(assembly: Assembly, name: str, mtl: Statements | None) -> Surface:
    if mtl is None:
        return replace(PLAIN_SURFACE, name=name)
    return read_surface(
        name, mtl, lambda file, by: assembly.picture(file, None, f"material {by!r}")
    )


def _shape(mesh: dict[str, Any], used: list[str]) -> Primitive:
    visual = mesh.get("visual")
    return primitive(
        mesh["vertices"],
        mesh["faces"],
        normals=mesh.get("vertex_normals"),
        uv=getattr(visual, "uv", None),
        colours=mesh.get("vertex_colors"),
        material=_order(mesh, used),
    )


def _library(assembly: Assembly, text: str) -> dict[str, Statements]:
    """All materials of the libraries that the OBJ names, and a warning for each one missing."""
    materials: dict[str, Statements] = {}
    for name in _statements("mtllib", text):
        data = assembly.source.find(name)
        if data is None:
            assembly.warn(
                f"The material library {name!r} is missing; send it with the OBJ in one zip."
            )
        else:
            materials |= parse_mtl(data.decode("utf-8", errors="replace"))
    return materials


def _statements(keyword: str, text: str) -> list[str]:
    """What follows the keyword in each of its lines. No pattern here may reach over a line's end:
    a file of blank lines would take the square of their number."""
    return [said.strip() for said in re.findall(rf"(?m)^[ \t]*{keyword}[ \t]+(\S.*)", text)]


def _geometry(text: str, used: list[str]) -> list[dict[str, Any]]:
    """One set of arrays per material, in the order of the materials."""
    from trimesh.exchange.obj import load_obj

    # trimesh looks a library up only where the file names one.
    named = "mtllib names.mtl\n" + re.sub(r"(?m)^[ \t]*mtllib.*$", "", text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # numpy's word for malformed numbers
            loaded = load_obj(io.BytesIO(named.encode()), resolver=_Names(used))  # type: ignore[arg-type]
    except (IndexError, ValueError, KeyError, TypeError, DeprecationWarning) as error:
        raise InvalidModel(reason=f"The OBJ cannot be read: {error}") from error
    meshes = [m for m in loaded.get("geometry", {}).values() if len(np.shape(m.get("faces"))) == 2]
    if not meshes:
        raise InvalidModel(reason="The OBJ holds no faces")
    return sorted(meshes, key=lambda m: _order(m, used))


def _order(mesh: dict[str, Any], used: list[str]) -> int:
    name = getattr(getattr(mesh.get("visual"), "material", None), "name", None)
    return used.index(name) if name in used else len(used)
