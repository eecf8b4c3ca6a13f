"""Files from one place to another, those that are not there yet; each checked by its hash."""

import asyncio
import hashlib
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.assets.blobs import Blobs

HASH: Final = re.compile(r"[0-9a-f]{64}")
AT_ONCE: Final = 4
Report = Callable[[int, int], object]  # files done, of how many


class Damaged(Exception):
    """A file is not what its name says: its disk lost bits, or somebody changed it."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What was done."""

    files: int
    bytes: int
    there: int  # before


async def copy(source: Blobs, target: Blobs, report: Report) -> Copied:
    """What `target` lacks. Raises Damaged, FilesAway."""
    have = {blob.key: blob.bytes async for blob in target.all()}
    wanted = [blob async for blob in source.all()]
    for blob in wanted:
        if have.get(blob.key, blob.bytes) != blob.bytes:
            raise Damaged(f"{blob.key} is of another size there. Nothing has been switched over.")
    missing = [blob for blob in wanted if blob.key not in have]
    done = len(wanted) - len(missing)
    report(done, len(wanted))
    queue = iter(missing)

    async def worker(folder: Path) -> None:
        nonlocal done
        for blob in queue:
            path = folder / blob.key.replace("/", "_")
            await source.save(blob.key, path)
            await asyncio.to_thread(check, path, blob.key)
            await target.put_as(blob.key, path, blob.bytes)
            path.unlink()
            done += 1
            report(done, len(wanted))

    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        workers = [asyncio.create_task(worker(Path(folder))) for _ in range(AT_ONCE)]
        try:
            await asyncio.gather(*workers)
        finally:
            for task in workers:
                task.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
    return Copied(len(missing), sum(blob.bytes for blob in missing), len(wanted) - len(missing))


def check(path: Path, key: str) -> None:
    """Raises Damaged. Names that are no hashes are of files made from such as have one."""
    if not HASH.fullmatch(key):
        return
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != key:
            raise Damaged(f"{key} is not what its name says. Nothing has been switched over.")
