"""A healthy file, and how it is put together."""

import io
import zipfile
from dataclasses import dataclass

Files = dict[str, bytes]


@dataclass(frozen=True)
class Sample:
    """`files` by their names; more than one, or a `packed` one, make an archive."""

    name: str
    ending: str
    files: Files
    stored: bool = False  # the archive holds them uncompressed, as USDZ asks

    @property
    def is_archive(self) -> bool:
        return len(self.files) > 1 or self.ending in ("zip", "3mf", "usdz")

    def pack(self, files: Files) -> bytes:
        if not self.is_archive:
            return next(iter(files.values()))
        method = zipfile.ZIP_STORED if self.stored else zipfile.ZIP_DEFLATED
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as target:
            for name, content in files.items():
                # A date of its own would make every run another.
                target.writestr(zipfile.ZipInfo(name), content, method)
        return stream.getvalue()


def plain(name: str, ending: str, content: bytes | str) -> Sample:
    data = content.encode() if isinstance(content, str) else content
    return Sample(name, ending, {f"model.{ending}": data})
