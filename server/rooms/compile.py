"""Compile native.pyx, beside it: `python -m server.rooms.compile`.

Needs Cython, a C compiler and Python's headers. Where one of them is missing it says so, and all is
well: the lane then runs as it is written, in Python, and takes a quarter to a half more time.
"""

import importlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from itertools import dropwhile
from pathlib import Path
from typing import Final

from server.rooms.compiled import MODULE, SOURCE, source_hash

TAIL: Final = 400  # characters of what a compiler says


class NotCompiled(Exception):
    """Something that compiling needs is missing, or failed; the text says what."""


def target() -> Path:
    """The compiled file, of this Python."""
    return SOURCE.with_name(f"native{sysconfig.get_config_var('EXT_SUFFIX')}")


def is_current() -> bool:
    """Whether the compiled file is there, and of this source."""
    return target().exists() and source_hash().encode() in target().read_bytes()


def compiler() -> list[str]:
    """The command that makes a shared library. Raises NotCompiled."""
    own = shlex.split(os.environ.get("CC", "")) or shlex.split(sysconfig.get_config_var("CC") or "")
    command = own if own and shutil.which(own[0]) else ["cc"]
    if not shutil.which(command[0]):
        raise NotCompiled("there is no C compiler (on Debian: apt-get install gcc libc6-dev)")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        raise NotCompiled("Python's headers are missing (on Debian: apt-get install python3-dev)")
    # How this Python links modules, without the name of the compiler that it was made with.
    linker = shlex.split(sysconfig.get_config_var("LDSHARED") or "-shared")
    return [*command, *dropwhile(lambda word: not word.startswith("-"), linker)]


def build() -> None:
    """Compile. Raises NotCompiled; then nothing has changed."""
    command = compiler()
    try:
        cython = importlib.import_module("Cython.Compiler.Main")
    except ImportError:
        raise NotCompiled("Cython is not installed") from None
    with tempfile.TemporaryDirectory() as folder:
        code, made = Path(folder, "native.c"), Path(folder, "native.so")
        done = cython.compile(str(SOURCE), output_file=str(code), full_module_name=MODULE)
        if done.num_errors:
            raise NotCompiled("Cython refuses native.pyx; what it says is above")
        include = sysconfig.get_path("include")
        command += ["-O3", "-fPIC", f"-I{include}", f'-DSOURCE_HASH="{source_hash()}"']
        command += [str(code), "-o", str(made)]
        ran = subprocess.run(command, capture_output=True, errors="replace", check=False)  # noqa: S603
        if ran.returncode:
            raise NotCompiled(f"{command[0]} failed: {ran.stderr.strip()[-TAIL:]}")
        # Never half a file, and never another one under a process that has it open.
        beside = target().with_name(f"native.{os.getpid()}.so")
        shutil.copyfile(made, beside)
        beside.replace(target())


def main() -> None:
    """Compile unless that is done; say what there is."""
    if is_current():
        return
    try:
        build()
    except (NotCompiled, OSError, ValueError) as reason:
        sys.stdout.write(f"The pose lane is not compiled, and runs as written: {reason}.\n")
    else:
        sys.stdout.write("Compiled the pose lane.\n")


if __name__ == "__main__":
    main()
