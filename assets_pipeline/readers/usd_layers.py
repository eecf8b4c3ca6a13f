"""The layers of a USD file in a private folder, with every path in them kept inside.

USD reads what its layers name: other layers, clips, pictures, by any path that the system knows.
So each layer is first opened alone, and its paths are rewritten: those to layers that came along
become relative, and pictures become names that only this reader understands. Nothing else is left
to follow. Layers whose paths cannot be rewritten are refused.
"""

import posixpath
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pxr import Sdf, Tf, UsdUtils

from assets_pipeline.errors import InvalidModel
from assets_pipeline.readers.assembly import Assembly
from assets_pipeline.readers.sniff import HEAD_BYTES, sniff
from assets_pipeline.readers.source import Source

ENDINGS = (".usd", ".usda", ".usdc")
ELSEWHERE = "./elsewhere/"  # where no file ever is
CLIPS = "clips"
SAID = re.compile(r":(\d+):\d+: (Expected \S+)")  # the parser's word, with line and column
FIRST_TILE = "1001"  # of a texture in tiles


class Layers:
    """Writes `root`, the path to open, below `folder`."""

    def __init__(self, assembly: Assembly, folder: Path) -> None:
        self.assembly, self.folder = assembly, folder
        self.source = assembly.source
        self.names = {name: _ended(name) for name in _layer_names(self.source)}
        self._elsewhere: list[str] = []
        for name in self.names:
            self._write(name)
        self.root = folder / "stage" / self.names[self.source.name]

    def picture_path(self, path: str) -> str:
        """What a picture was called before it was rewritten."""
        if not path.startswith(ELSEWHERE):
            return path
        with suppress(ValueError, IndexError):
            return self._elsewhere[int(path.removeprefix(ELSEWHERE))]
        return path

    def _write(self, name: str) -> None:
        raw = self.folder / "raw" / self.names[name]
        clean = self.folder / "stage" / self.names[name]
        for path in (raw, clean):
            path.parent.mkdir(parents=True, exist_ok=True)
        archive = self.source.archive
        own = name == self.source.name
        data = self.source.data if own or archive is None else archive.read(name)
        raw.write_bytes(data)
        try:
            layer = Sdf.Layer.OpenAsAnonymous(str(raw))
            if layer is None:
                raise InvalidModel(reason=f"The USD layer {name!r} cannot be read")
            self._clean(layer, name)
            if not layer.Export(str(clean)):
                raise InvalidModel(reason=f"The USD layer {name!r} cannot be rewritten")
        except Tf.ErrorException as error:
            said = SAID.search(str(error))
            why = f": {said[2]} in line {said[1]}" if said else ""
            raise InvalidModel(reason=f"The USD layer {name!r} cannot be read{why}") from error
        raw.unlink()

    def _clean(self, layer: Any, name: str) -> None:
        clipped: list[Any] = []
        layer.Traverse(Sdf.Path.absoluteRootPath, clipped.append)
        for path in clipped:
            held = layer.GetObjectAtPath(path)
            if held is not None and held.HasInfo(CLIPS):
                held.ClearInfo(CLIPS)  # they name files by patterns
                self.assembly.warn("The USD's clips are not read.")
        UsdUtils.ModifyAssetPaths(layer, lambda path: self._inside(path, name))
        for path in layer.GetCompositionAssetDependencies():
            if path.startswith(ELSEWHERE):
                wanted = self.picture_path(path)[:100]
                self.assembly.warn(f"The layer {wanted!r} is not in the zip; converted without it.")

    def _inside(self, path: str, layer: str) -> str:
        """A path as it may stay: to a layer that came along, or to nowhere."""
        if not path:
            return path
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(layer), unquote(path)))
        if beside in self.names and not path.startswith(("/", "\\")):
            start = posixpath.dirname(self.names[layer]) or "."
            return "./" + posixpath.relpath(self.names[beside], start)
        archive = self.source.archive
        known = archive is not None and archive.has(beside)
        self._elsewhere.append(beside if known else path)
        return f"{ELSEWHERE}{len(self._elsewhere) - 1}"


def picture_data(source: Source, path: str) -> bytes | None:
    """A picture by its path in the zip, or loosely: see Source.find."""
    path = path.replace("<UDIM>", FIRST_TILE)
    if source.archive is not None and source.archive.has(path):
        return source.archive.read(path)
    return source.find(path)


def _layer_names(source: Source) -> list[str]:
    archive = source.archive
    if archive is None:
        return [source.name]
    kinds = ((n, sniff(archive.head(n, HEAD_BYTES), archive.size(n))) for n in archive.names)
    return [name for name, kind in kinds if kind == "usd"]


def _ended(name: str) -> str:
    """A layer's name with an ending by which USD knows it for its own."""
    return name if name.lower().endswith(ENDINGS) else name + ENDINGS[0]
