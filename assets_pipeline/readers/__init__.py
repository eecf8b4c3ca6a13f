"""Readers: a file's bytes become a Model, or a clear error."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Model
from assets_pipeline.readers.apart import FORMATS, apart
from assets_pipeline.readers.checks import check
from assets_pipeline.readers.limits import WRITTEN, Limits
from assets_pipeline.readers.mend import mend
from assets_pipeline.readers.source import Source, open_source

# Where each kind of source.MODELS is read: the module, and its function.
READERS = {
    "glb": ("gltf", "read_gltf"),
    "gltf": ("gltf", "read_gltf"),
    "obj": ("obj", "read_obj"),
    "stl": ("scans", "read_stl"),
    "ply": ("scans", "read_ply"),
    "3mf": ("threemf", "read_threemf"),
    "dae": ("collada", "read_collada"),
    "fbx": ("fbx", "read_fbx"),
    "step": ("step", "read_step"),
    "usd": ("usd", "read_usd"),
}

__all__ = ["WRITTEN", "Limits", "read"]


def read(path: Path, limits: Limits | None = None, *, mended: bool = True) -> Model:
    """Read a model, bare or in a zip, told apart by content: see READERS. Slips of exporters are
    mended, but not where what was written is to be looked at.

    Raises NoSuchFile, NotAModel, UnsupportedModel, MissingExtra, InvalidModel, UnsafeArchive,
    TooLarge.
    """
    source = open_source(path, limits or Limits())
    try:
        model = check(_model(source), source.limits)
        return mend(model) if mended else model
    except RecursionError as error:
        raise InvalidModel(reason="It is nested too deeply") from error
    finally:
        if source.archive is not None:
            source.archive.close()


def _model(source: Source) -> Model:
    read_kind = reader(source.kind)
    if source.kind in FORMATS:
        return apart(partial(read_kind, source), FORMATS[source.kind])
    return read_kind(source)


def reader(kind: str) -> Callable[[Source], Model]:
    """Imported when needed: trimesh and USD take a second, and most inputs are glTF."""
    module, name = READERS[kind]
    read_kind: Callable[[Source], Model] = getattr(import_module(f"{__name__}.{module}"), name)
    return read_kind
