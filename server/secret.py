"""The server's own secret: made once, kept in its data folder, readable by its owner only.

Several nodes share one by the setting `secret`, so that each believes what another signed.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Final

SECRET_BYTES: Final = 32


class DamagedSecret(OSError):
    """What is in the file is no secret of ours."""


def own_secret(data: Path, shared: str = "") -> bytes:
    """32 bytes: of the shared text, else this data folder's, made when there is none yet.

    Raises DamagedSecret.
    """
    if shared:
        return hashlib.sha256(shared.encode()).digest()
    file = data / "secret.key"
    if not file.exists():
        write_private(file, secrets.token_hex(SECRET_BYTES))
    text = file.read_text()
    with contextlib.suppress(ValueError):
        if len(secret := bytes.fromhex(text)) == SECRET_BYTES:
            return secret
    advice = f"{file} is damaged. Delete it to have a new one made; everybody signs in again"
    raise DamagedSecret(errno.EINVAL, advice)


def write_private(file: Path, text: str) -> None:
    """Create a file that only its owner reads: whole or not at all; one that exists stays."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "w") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, file)
    finally:
        Path(name).unlink()
