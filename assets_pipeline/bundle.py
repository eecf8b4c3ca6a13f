"""What is sent for a model: its file, or a zip of all the files it needs."""

import json
import zipfile
from pathlib import Path
from urllib.parse import unquote

from assets_pipeline.errors import InvalidModel, NoSuchFile

EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files make the same zip, so an upload can be resumed
STORED = {".png", ".jpg", ".jpeg", ".webp", ".avif", ".ktx2"}  # compressed already


def bundle(path: Path, folder: Path) -> Path:
    """The file to send: `path` itself, or a zip made in `folder`.

    A folder goes whole, without hidden files; a .gltf with the buffers and images it names.
    Raises NoSuchFile, InvalidModel.
    """
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.is_file()]
        visible = [file for file in files if not _hidden(file.relative_to(path))]
        if not visible:
            raise InvalidModel(
                reason=f"The folder {path} is empty", remedy="Name one that holds a model."
            )
        return _zip(path, visible, folder / f"{path.resolve().name}.zip")
    if not path.is_file():
        raise NoSuchFile(path=path)
    if path.suffix.lower() != ".gltf":
        return path
    beside = _named_by(path)
    return _zip(path.parent, [path, *beside], folder / f"{path.stem}.zip") if beside else path


def _named_by(gltf: Path) -> list[Path]:
    """Files beside a .gltf that its `uri`s name."""
    try:
        document = json.loads(gltf.read_bytes())
        entries = [*document.get("buffers", []), *document.get("images", [])]
        uris = {entry["uri"] for entry in entries if "uri" in entry}
    except (ValueError, AttributeError, TypeError) as error:
        raise InvalidModel(reason=f"{gltf.name} is not glTF: {error}") from error
    root, found = gltf.parent.resolve(), []
    for uri in sorted(uri for uri in uris if not uri.startswith("data:")):
        path = (root / unquote(uri)).resolve()
        if not path.is_relative_to(root):
            raise InvalidModel(
                reason=f"{gltf.name} names {uri}, which lies outside its folder",
                remedy="Put both into one folder, or export a GLB.",
            )
        if not path.is_file():
            raise NoSuchFile(path=gltf.parent / unquote(uri))
        found.append(path)
    return found


def _zip(root: Path, files: list[Path], target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for file in files:
            name = file.resolve().relative_to(root.resolve()).as_posix()
            entry = zipfile.ZipInfo(name, EPOCH)
            packed = file.suffix.lower() in STORED
            entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            with file.open("rb") as source, archive.open(entry, "w") as sink:
                while block := source.read(1 << 20):
                    sink.write(block)
    return target


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
