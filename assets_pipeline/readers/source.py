"""The input as a reader sees it: the model's bytes, and the files that came along in the zip."""

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote

from assets_pipeline.errors import InvalidModel, NoSuchFile, NotAModel, UnsupportedModel
from assets_pipeline.readers.archive import Archive
from assets_pipeline.readers.limits import Limits
from assets_pipeline.readers.opc import root_model
from assets_pipeline.readers.sniff import HEAD_BYTES, describe, sniff

MODELS = ("glb", "gltf", "obj", "stl", "ply", "3mf", "dae", "fbx", "step", "usd")
KNOWN_BUT_UNREAD = {"blend": "a Blender file", "vrml": "VRML"}
EXPORT = "Export it as GLB, which keeps materials and textures."
TOGETHER = "Send both in one zip, or export a GLB."


@dataclass(frozen=True)
class Source:
    """`kind` is one of MODELS; `name` is the path inside the zip or the file's own name."""

    name: str
    kind: str
    data: bytes
    archive: Archive | None
    limits: Limits

    def sibling(self, uri: str) -> bytes:
        """A file beside the model by a glTF URI. Raises InvalidModel for all that lies outside."""
        if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", uri) or uri.startswith(("/", "\\")):
            raise InvalidModel(
                reason=f"It refers to {uri[:100]!r}; only files inside the zip are read",
                remedy=TOGETHER,
            )
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.name), unquote(uri)))
        if path.startswith("..") or "\\" in path:
            raise InvalidModel(
                reason=f"It refers to {uri[:100]!r}, which lies outside the zip", remedy=TOGETHER
            )
        if self.archive is None:
            raise InvalidModel(reason=f"It needs the file {uri[:100]!r}", remedy=TOGETHER)
        if path not in self.archive.names:
            raise InvalidModel(
                reason=f"The file {path!r} that it refers to is not in the zip", remedy=TOGETHER
            )
        return self.archive.read(path)

    def find(self, reference: str) -> bytes | None:
        """A file by the loose names of OBJ and MTL: any case, any slash, last the bare name.

        None when there is none. Exporters write the artist's own folders into these files, so the
        directory part is only a hint.
        """
        if self.archive is None:
            return None
        wanted = reference.strip().strip('"').replace("\\", "/").lower()
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(self.name).lower(), wanted))
        by_path = {name.lower(): name for name in self.archive.names}
        if beside in by_path:
            return self.archive.read(by_path[beside])
        for name in self.archive.names:
            if posixpath.basename(name).lower() == posixpath.basename(wanted):
                return self.archive.read(name)
        return None


def open_source(path: Path, limits: Limits) -> Source:
    """Find the model in a file. Raises NoSuchFile, NotAModel, UnsupportedModel, UnsafeArchive."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise NoSuchFile(path=path) from error
    limits.check("Bytes in the file", size, limits.file_bytes)
    kind = sniff(head, size)
    if kind == "zip":
        archive = Archive(path, limits)
        try:
            return _from_archive(path, archive, limits)
        except BaseException:
            archive.close()
            raise
    _require_model(path.name, kind, size)
    return Source(path.name, str(kind), path.read_bytes(), None, limits)


def _from_archive(path: Path, archive: Archive, limits: Limits) -> Source:
    if (root := root_model(archive)) is not None:
        return Source(root, "3mf", b"", archive, limits)
    kinds = {n: sniff(archive.head(n, HEAD_BYTES), archive.size(n)) for n in archive.names}
    models = [name for name in archive.order if kinds.get(name) in MODELS]
    if not models:
        _refuse_archive(path.name, archive, kinds)
    layers = [name for name in models if kinds[name] == "usd"]
    if len(layers) == len(models):
        # One USD is often several layers. USDZ says that the first file is the root; in other
        # zips it is the one that lies least deep.
        packed = layers[0] == archive.order[0] and path.suffix.lower() != ".zip"
        models = layers[:1] if packed else sorted(layers, key=lambda name: name.count("/"))[:1]
    if len(models) > 1:
        raise InvalidModel(
            reason=f"The zip holds {len(models)} models ({', '.join(sorted(models)[:5])})",
            remedy="Send one per zip.",
        )
    name = models[0]
    return Source(name, str(kinds[name]), archive.read(name), archive, limits)


def _refuse_archive(name: str, archive: Archive, kinds: dict[str, str | None]) -> NoReturn:
    for inner, kind in kinds.items():
        if kind in KNOWN_BUT_UNREAD:
            _require_model(f"{name}/{inner}", kind, archive.size(inner))
    nested = next((inner for inner, kind in kinds.items() if kind == "zip"), None)
    if nested is not None:
        raise NotAModel(name=name, found=f"a zip with a zip inside, {nested!r}")
    raise NotAModel(name=name, found="a zip without a model that is read")


def _require_model(name: str, kind: str | None, size: int) -> None:
    if kind in KNOWN_BUT_UNREAD:
        raise UnsupportedModel(found=f"{name} is {KNOWN_BUT_UNREAD[kind]}", remedy=EXPORT)
    if kind not in MODELS:
        if name.lower().endswith(".stl") and size > 84 and kind is None:
            raise InvalidModel(
                reason=f"{name} has {size:,} bytes, which is not what its triangle count asks for:"
                " the file is truncated"
            )
        raise NotAModel(name=name, found=describe(kind, size))
