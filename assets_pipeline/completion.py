"""What a shell may offer after a Tab: quick, and silent where something is wrong."""

import json
import tomllib
from pathlib import Path


def profile_names(path: Path | None) -> list[str]:
    """Names in a file of profiles that need not be whole yet."""
    if path is None:
        return []
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
        return list(found["profiles"])
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return []
