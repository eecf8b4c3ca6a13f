"""Which pipeline made a file: its release, and a hash of its own source.

The hash spares everybody from having to raise a number after each change of a pass.
"""

import hashlib
from functools import cache
from pathlib import Path

RELEASE = "0.1.0"


@cache
def pipeline_version() -> str:
    """Such as `0.1.0+3f2a91c0`."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{RELEASE}+{digest.hexdigest()[:8]}"
