"""The server's own secret: made once, kept in its data folder, readable by its owner only."""

import os
import secrets
from pathlib import Path
from typing import Final

SECRET_BYTES: Final = 32


def own_secret(data: Path) -> bytes:
    """The secret of this data folder, made when there is none yet."""
    file = data / "secret.key"
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(file.read_text())
    with os.fdopen(handle, "w") as opened:
        opened.write(secrets.token_hex(SECRET_BYTES))
        opened.flush()
        os.fsync(opened.fileno())
    return bytes.fromhex(file.read_text())
