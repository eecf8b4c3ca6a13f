"""One file of an asset: what it is called, and where it is served."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

import msgspec

from server.errors import NotFound, Unavailable, Unprocessable

MAX_NAME: Final = 60  # characters of a file name: 240 bytes at most, file systems take 255
EXTENSIONS: Final = (
    ".glb", ".gltf", ".3mf", ".dae", ".fbx", ".obj", ".ply", ".step", ".stp", ".stl", ".usd",
    ".usda", ".usdc", ".usdz", ".zip",
)  # fmt: skip


class NoSuchFile(NotFound):
    type = "unknown-file"
    title = "No such file"
    detail = "Asset {asset} has no file {name}."


class FilesAway(Unavailable):
    type = "files-away"
    title = "The files cannot be reached right now"
    detail = "Nothing that was sent is lost. Try again in {retry_after} s."


class UnknownFormat(Unprocessable):
    type = "unknown-format"
    title = "This is not a model format we read"
    detail = "{filename} does not end in one of {accepted}."


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that are stored, by what they are."""

    key: str  # sha-256, hex
    bytes: int


class File(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file made of the model; `sha256` is also its blob's key."""

    profile: str  # a device's, or `poster`, or `proof` for what belongs to that page
    lod: int  # level of detail, 0 the finest
    name: str
    bytes: int
    triangles: int = 0
    media_type: str
    sha256: str
    variant: str | None = None  # the one finish that it shows
    width: int | None = None  # of a picture, pixels
    height: int | None = None
    # A level serves while the model is smaller than this share of the view's height.
    screen_size: float | None = None
    # The same compressed, where that is worth it.
    gzip_sha256: str | None = None
    gzip_bytes: int = 0


class FileView(File, frozen=True, kw_only=True):
    """A file as the outside sees it."""

    url: str


def url(asset: str, file: File) -> str:
    """Where the file is served. An asset's content never changes, so browsers keep it for good."""
    return f"/assets/{asset}/{quote(file.name)}"


def private_url(asset: str, grant: str, name: str) -> str:
    """Where it is served to whoever has the link, for a while."""
    return f"/assets/{asset}/private/{grant}/{quote(name)}"


def file_views(asset: str, files: Sequence[File]) -> list[FileView]:
    return [FileView(**msgspec.structs.asdict(file), url=url(asset, file)) for file in files]


def safe_name(filename: str) -> str:
    """The last part of a path, without anything a file system or shell could take for more.

    Raises UnknownFormat when it doesn't end in one of EXTENSIONS.
    """
    last = unicodedata.normalize("NFC", filename).replace("\\", "/").rsplit("/", 1)[-1]
    clean = re.sub(r"[^\w .()+-]", "_", last).strip(" .") or "model"
    path = PurePosixPath(clean)
    suffix = path.suffix.lower()
    if suffix not in EXTENSIONS:
        raise UnknownFormat(filename=clean[-MAX_NAME:], accepted=", ".join(EXTENSIONS))
    stem = path.stem[: MAX_NAME - len(suffix)].strip(" .-") or "model"
    return stem + suffix
