"""A zip as a folder that cannot be left and cannot burst.

Everything is checked from the directory before a byte is inflated, and what is inflated never
exceeds what the directory declared.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Generator
from pathlib import Path

from assets_pipeline.errors import InvalidModel, UnsafeArchive
from assets_pipeline.readers.limits import Limits

ALLOWED_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1
RATIO_MATTERS_ABOVE = 1_000_000  # bytes; tiny files of zeros compress better and harm nobody
CHUNK = 1 << 20


class Archive:
    """Members by their clean names. Raises UnsafeArchive or InvalidModel when opened."""

    def __init__(self, path: Path, limits: Limits) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise InvalidModel(reason=f"The zip archive cannot be opened: {error}") from error
        self._limits = limits
        members = [info for info in self._zip.infolist() if not info.is_dir()]
        _check_totals(members, limits)
        self._members = {_clean_name(info.filename): info for info in members}

    @property
    def names(self) -> list[str]:
        """Sorted, without the shadow files that macOS adds."""
        hidden = ("__MACOSX/", ".")
        return sorted(
            name
            for name in self._members
            if not name.startswith(hidden) and not posixpath.basename(name).startswith(".")
        )

    @property
    def order(self) -> list[str]:
        """The same names as the archive has them."""
        shown = set(self.names)
        return [name for name in self._members if name in shown]

    def size(self, name: str) -> int:
        return self._members[name].file_size

    def has(self, name: str) -> bool:
        """Also for hidden names, such as those of OPC's relationships."""
        return name in self._members

    def head(self, name: str, count: int) -> bytes:
        return self._inflate(name, count)

    def read(self, name: str) -> bytes:
        return self._inflate(name, self.size(name))

    def close(self) -> None:
        self._zip.close()

    def _inflate(self, name: str, count: int) -> bytes:
        parts = io.BytesIO()  # gives its bytes away without a copy
        parts.writelines(self.chunks(name, count))
        return parts.getvalue()

    def chunks(self, name: str, count: int | None = None) -> Generator[bytes, None, None]:
        """The file bit by bit, up to `count` bytes."""
        info = self._members[name]
        left = info.file_size if count is None else count
        try:
            with self._zip.open(info) as stream:
                while left > 0 and (chunk := stream.read(min(CHUNK, left))):
                    left -= len(chunk)
                    yield chunk
        except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError) as error:
            raise InvalidModel(reason=f"{name} in the zip cannot be unpacked: {error}") from error
        except Exception as error:  # zlib.error has no base but Exception
            raise InvalidModel(reason=f"{name} in the zip is damaged: {error}") from error


def _check_totals(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    limits.check("Files in the archive", len(members), limits.archive_files)
    total = 0
    for info in members:
        total += info.file_size
        if total > limits.archive_bytes:
            raise UnsafeArchive(
                reason=f"It declares {total:,} bytes unpacked by {info.filename!r};"
                f" at most {limits.archive_bytes:,} are allowed"
            )
        if (
            info.file_size > RATIO_MATTERS_ABOVE
            and info.file_size > limits.archive_ratio * info.compress_size
        ):
            raise UnsafeArchive(
                reason=f"{info.filename!r} would grow from {info.compress_size:,} to"
                f" {info.file_size:,} bytes; at most {limits.archive_ratio} times are allowed"
            )
        if info.flag_bits & ENCRYPTED:
            raise UnsafeArchive(
                reason=f"{info.filename!r} is encrypted", remedy="Pack it without a password."
            )
        if info.compress_type not in ALLOWED_METHODS:
            raise UnsafeArchive(
                reason=f"{info.filename!r} is packed by method {info.compress_type};"
                " only stored and deflated files are read",
                remedy="Pack it as an ordinary zip.",
            )


def _clean_name(name: str) -> str:
    """The member's name with forward slashes. Raises UnsafeArchive when it leaves the archive."""
    slashed = name.replace("\\", "/")
    escapes = slashed.startswith("/") or ".." in slashed.split("/") or "\0" in slashed
    if escapes or re.match(r"[a-zA-Z]:", slashed):
        raise UnsafeArchive(reason=f"The name {name!r} points outside the archive")
    return posixpath.normpath(slashed)
