"""What a data folder holds beside the blobs, and why a command cannot go on with it."""

from typing import Final

DATABASE: Final = "vitrine.db"
ADDRESS: Final = "server.json"  # where the running server listens


class Stopped(RuntimeError):
    """Why the command cannot go on, for a person to read."""
