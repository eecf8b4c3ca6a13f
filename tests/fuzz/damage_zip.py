"""Damage to archives: bombs, names that lead out, and directories that lie."""

import io
import struct
import zipfile
from random import Random

from tests.fuzz import canary

Files = dict[str, bytes]
NAMES = (
    "../model.obj", "/etc/passwd", "C:\\x.obj", "a/../../x", "..\\x", "a\0b", "", ".", "/",
    "x" * 3000, "\x1b[31m.obj", "a//b", "./a", "CON", "é.obj",
    "__MACOSX/a", "\u202ejbo.x", "model.obj ", "a:b",
)  # fmt: skip


def _zip(files: Files, method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as target:
        for name, content in files.items():
            target.writestr(zipfile.ZipInfo(name or "x"), content, method)
    return stream


def bomb(random: Random, files: Files) -> bytes:
    """400 MB of nothing in place of a file, or beside it."""
    name = random.choice((*files, "readme.txt"))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for kept, content in files.items():
            if kept != name:
                target.writestr(zipfile.ZipInfo(kept), content)
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        with target.open(info, "w", force_zip64=True) as member:
            for _ in range(100 if random.random() < 0.2 else 10):
                member.write(bytes(4_000_000))
    return stream.getvalue()


def lying_directory(random: Random, files: Files) -> bytes:
    """Sizes, checksums, methods and offsets of the central directory that are not so."""
    data = bytearray(_zip(files).getvalue())
    at = data.rfind(b"PK\x01\x02") if random.random() < 0.5 else data.find(b"PK\x01\x02")
    field, form = random.choice(
        ((8, "<H"), (10, "<H"), (16, "<I"), (20, "<I"), (24, "<I"), (28, "<H"), (30, "<H"),
         (32, "<H"), (38, "<I"), (42, "<I"))
    )  # fmt: skip
    most = (1 << 8 * struct.calcsize(form)) - 1
    value = random.choice((0, 1, 8, 12, 14, 99, 1000, 10_000_000, most, most // 2))
    struct.pack_into(form, data, at + field, min(most, value))
    return bytes(data)


def lying_end(random: Random, files: Files) -> bytes:
    data = bytearray(_zip(files).getvalue())
    field, form = random.choice(((8, "<H"), (10, "<H"), (12, "<I"), (16, "<I"), (20, "<H")))
    most = (1 << 8 * struct.calcsize(form)) - 1
    struct.pack_into(form, data, len(data) - 22 + field, random.choice((0, 1, most, most // 2)))
    return bytes(data)


def overlapping_files(random: Random, files: Files) -> bytes:
    """Every entry of the directory names the same bytes: small, and as large as one likes."""
    name = max(files, key=lambda n: len(files[n]))
    data = _zip({name: files[name]}).getvalue()
    start = data.rfind(b"PK\x01\x02")
    entry = data[start : data.rfind(b"PK\x05\x06")]
    count = random.choice((3, 1_000, 60_000))
    many = entry * count
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(many), start, 0)
    return data[:start] + many + end


def many_files(random: Random, files: Files) -> bytes:
    return _zip(files | {f"{i}.txt": b"" for i in range(random.choice((300, 5_000)))}).getvalue()


def leading_out(random: Random, files: Files) -> bytes:
    name = random.choice(NAMES)
    if random.random() < 0.5:
        return _zip({name: next(iter(files.values()))}).getvalue()
    return _zip(files | {name: b"hello"}).getvalue()


def link(random: Random, files: Files) -> bytes:
    """A symbolic link in place of a file."""
    name = random.choice(list(files))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for kept, content in files.items():
            info = zipfile.ZipInfo(kept)
            if kept == name:
                info.external_attr = 0o120777 << 16
            target.writestr(info, canary.PLACE if kept == name else content)
    return stream.getvalue()


def twice_the_same_name(random: Random, files: Files) -> bytes:
    import warnings

    stream = _zip(files)
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "a") as target:
        warnings.simplefilter("ignore")
        for name in files:
            target.writestr(zipfile.ZipInfo(name), random.randbytes(20))
    return stream.getvalue()


def other_method(random: Random, files: Files) -> bytes:
    return _zip(files, random.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))).getvalue()


def zip_in_zip(_: Random, files: Files) -> bytes:
    return _zip({"inner.zip": _zip(files).getvalue()}).getvalue()


def two_models(_: Random, files: Files) -> bytes:
    return _zip(files | {f"again/{name}": content for name, content in files.items()}).getvalue()


def without_a_file(random: Random, files: Files) -> bytes:
    lost = random.choice(list(files))
    return _zip({name: content for name, content in files.items() if name != lost}).getvalue()


def swapped_files(random: Random, files: Files) -> bytes:
    names = random.sample(list(files), len(files))
    return _zip(dict(zip(names, files.values(), strict=True))).getvalue()


def other_case(_: Random, files: Files) -> bytes:
    return _zip({name.swapcase(): content for name, content in files.items()}).getvalue()


def noise_around(random: Random, files: Files) -> bytes:
    return random.randbytes(500) + _zip(files).getvalue() + random.randbytes(random.choice((0, 50)))


ARCHIVES = (
    bomb, lying_directory, lying_directory, lying_directory, lying_end, overlapping_files,
    many_files, leading_out, leading_out, link, twice_the_same_name, other_method, zip_in_zip,
    two_models, without_a_file, swapped_files, other_case, noise_around,
)  # fmt: skip
