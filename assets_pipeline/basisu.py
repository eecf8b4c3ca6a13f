"""Run basisu, the Basis Universal encoder, on bytes.

It works in a private folder that goes with the call. It is a child like any other: in the process
group of its caller, on one thread, with a limit on its time.
"""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from assets_pipeline import programs

SECONDS = 120.0  # 2048 × 2048: ETC1S takes 5, UASTC as we ask for it 6 (measured)
BC7 = "6"  # basisu's number for it
WITH_ALPHA = "in_unpacked_rgba_BC7_RGBA_0_0000.png"  # level 0, image 0
WITHOUT = "in_unpacked_rgb_BC7_RGBA_0_0_0000.png"
SAID = 300  # characters of its last words that an error repeats


class BasisFailed(Exception):  # not a PipelineError: there are other formats to fall back to
    """basisu ended with an error, ran too long, or left no file. Its text says which."""


def compress(png: bytes, options: Sequence[str], *, seconds: float = SECONDS) -> bytes:
    """A KTX2 file of a PNG one. Raises MissingProgram or BasisFailed."""
    with tempfile.TemporaryDirectory(prefix="basisu-") as name:
        folder = Path(name)
        (folder / "in.png").write_bytes(png)
        files = ("-file", "in.png", "-output_file", "out.ktx2")
        _run(("-ktx2", *files, "-no_multithreading", *options), folder, seconds)
        return _written(folder / "out.ktx2")


def unpack(ktx2: bytes, *, alpha: bool, seconds: float = SECONDS) -> bytes:
    """The largest level of a KTX2 file as a PNG. Raises MissingProgram or BasisFailed.

    By way of BC7, the closest of the formats that basisu unpacks to. Its alpha is not quite full
    where the file has none, so `alpha` says whether to believe it.
    """
    with tempfile.TemporaryDirectory(prefix="basisu-") as name:
        folder = Path(name)
        (folder / "in.ktx2").write_bytes(ktx2)
        _run(("-unpack", "-file", "in.ktx2", "-no_ktx", "-format_only", BC7), folder, seconds)
        return _written(folder / (WITH_ALPHA if alpha else WITHOUT))


def _run(arguments: Sequence[str], folder: Path, seconds: float) -> None:
    command = [str(programs.basisu()), *arguments]
    try:
        ended = subprocess.run(  # noqa: S603 our own program, no shell
            command, cwd=folder, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BasisFailed(f"basisu took more than {seconds:g} s") from error
    except OSError as error:
        raise BasisFailed(f"basisu could not be started: {error.strerror}") from error
    if ended.returncode != 0:
        said = ended.stdout.decode(errors="replace").strip()[-SAID:]
        raise BasisFailed(f"basisu ended with code {ended.returncode}: {said}")


def _written(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BasisFailed("basisu left no file") from error
