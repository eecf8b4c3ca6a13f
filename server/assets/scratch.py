"""Scratch folders of this process, and the removal of those that dead ones left."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

LOCK: Final = ".lock"


class Scratch:
    """A folder of one's own in a folder that processes share.

    Each holds a lock on its own as long as it lives, however it ends: who can take another's lock
    may clear it away.
    """

    def __init__(self, shared: Path) -> None:
        shared.mkdir(parents=True, exist_ok=True)
        gate = _locked(shared, fcntl.LOCK_EX)  # one looks around at a time
        try:
            for other in shared.iterdir():
                _clear(other)
            self.folder = Path(tempfile.mkdtemp(dir=shared))
            self._lock = _locked(self.folder, fcntl.LOCK_EX)
        finally:
            os.close(gate)

    def close(self) -> None:
        """Nothing of it stays."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def _locked(folder: Path, how: int) -> int:
    """The lock's handle; it ends with the process. Raises BlockingIOError."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, how)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _clear(other: Path) -> None:
    """Unless its owner lives."""
    if not other.is_dir():
        return
    try:
        held = _locked(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    shutil.rmtree(other, ignore_errors=True)
    os.close(held)
