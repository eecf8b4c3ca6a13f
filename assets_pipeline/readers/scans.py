"""STL and PLY: bare triangles, as printers and scanners write them."""

import io
import re
import warnings

import numpy as np

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Model
from assets_pipeline.readers.shapes import PLAIN, primitive, unitless_model
from assets_pipeline.readers.source import Source

BROKEN = (
    ValueError, KeyError, IndexError, TypeError, DeprecationWarning, UnboundLocalError, SyntaxError,
)  # fmt: skip
HEADER_BYTES = 1 << 20
MOST_DIGITS = 20  # of a count


def read_stl(source: Source) -> Model:
    """Facet normals are not read: they follow from the corners, and many exporters write zeros."""
    from trimesh.exchange.stl import load_stl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)
            loaded = load_stl(io.BytesIO(source.data))
    except (*BROKEN, Exception) as error:  # trimesh's HeaderError has no base but Exception
        raise InvalidModel(reason=f"The STL cannot be read: {error}") from error
    solids = list(loaded["geometry"].values()) if "geometry" in loaded else [loaded]
    shapes = [primitive(s["vertices"], s["faces"]) for s in solids if len(s.get("faces", ()))]
    if not shapes:
        raise InvalidModel(reason="The STL holds no triangles")
    return unitless_model(shapes, format="STL")


def read_ply(source: Source) -> Model:
    from trimesh.exchange.ply import load_ply

    header = _check_ply_header(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)
            # Coordinates per vertex need no repair; trimesh's would drop normals and colours.
            loaded = load_ply(
                io.BytesIO(source.data), fix_texture="texcoord" in header, skip_materials=True
            )
    except BROKEN as error:
        raise InvalidModel(reason=f"The PLY cannot be read: {error}") from error
    if "faces" not in loaded or not len(loaded["faces"]):
        raise InvalidModel(
            reason="The PLY holds points without faces", remedy="Export it as a mesh."
        )
    uv = getattr(loaded.get("visual"), "uv", None)
    colours = loaded.get("vertex_colors")
    material = PLAIN
    if colours is not None:
        material = {
            **PLAIN,
            "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.7},
        }
    shape = primitive(
        loaded["vertices"],
        loaded["faces"],
        normals=loaded.get("vertex_normals"),
        uv=None if uv is None else np.asarray(uv),
        colours=colours,
    )
    return unitless_model([shape], format="PLY", materials=(material,))


def _check_ply_header(source: Source) -> str:
    """The header. Raises InvalidModel when it declares more than the file can hold."""
    end = source.data.find(b"end_header", 0, HEADER_BYTES)
    if end < 0:
        raise InvalidModel(reason="The PLY header has no end: the file is truncated")
    header = source.data[:end].decode("ascii", errors="replace")
    for name, count in re.findall(r"(?m)^element\s+(\S+)\s+(\d+)", header):
        # Each element takes more than one byte. Python refuses to count thousands of digits.
        if len(count) > MOST_DIGITS or int(count) > len(source.data):
            raise InvalidModel(
                reason=f"The PLY declares {count[:MOST_DIGITS]} elements of {name}, more than it"
                " has bytes"
            )
    return header
