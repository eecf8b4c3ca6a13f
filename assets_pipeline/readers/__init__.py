"""Readers: a file's bytes become a Model, or a clear error."""

from pathlib import Path

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Model
from assets_pipeline.readers.checks import check
from assets_pipeline.readers.limits import Limits
from assets_pipeline.readers.source import Source, open_source

__all__ = ["Limits", "read"]


def read(path: Path, limits: Limits | None = None) -> Model:
    """Read glTF, GLB, OBJ, STL or PLY, bare or in a zip, told apart by content.

    Raises NoSuchFile, NotAModel, UnsupportedModel, InvalidModel, UnsafeArchive, TooLarge.
    """
    source = open_source(path, limits or Limits())
    try:
        return check(_parse(source), source.limits)
    except RecursionError as error:
        raise InvalidModel(reason="It is nested too deeply") from error
    finally:
        if source.archive is not None:
            source.archive.close()


def _parse(source: Source) -> Model:
    # Imported when needed: trimesh takes a second, and most inputs are glTF.
    if source.kind in ("glb", "gltf"):
        from assets_pipeline.readers.gltf import read_gltf

        return read_gltf(source)
    if source.kind == "obj":
        from assets_pipeline.readers.obj import read_obj

        return read_obj(source)
    from assets_pipeline.readers.scans import read_ply, read_stl

    return read_stl(source) if source.kind == "stl" else read_ply(source)
