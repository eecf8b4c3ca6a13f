"""How much a model may hold. Generous for a product, small for a machine."""

from dataclasses import dataclass

from assets_pipeline.errors import TooLarge

MEGA = 1_000_000


@dataclass(frozen=True)
class Limits:
    file_bytes: int = 512 * MEGA
    json_bytes: int = 64 * MEGA
    json_objects: int = 1_500_000  # and lists; an empty one takes 20 times its text in memory
    json_values: int = 10 * MEGA
    archive_files: int = 2_000
    archive_bytes: int = 1_024 * MEGA  # unpacked, all together
    archive_ratio: int = 200  # unpacked : packed of one file
    vertices: int = 20 * MEGA
    triangles: int = 20 * MEGA
    accessor_bytes: int = 1_024 * MEGA  # of all: many may share a view, or have none
    nodes: int = 100_000
    entries: int = 500_000  # of each other kind that glTF lists; each costs microseconds
    primitives: int = 200_000
    image_pixels: int = 67_108_864  # 8192 × 8192
    all_pixels: int = 4 * 67_108_864

    def check(self, what: str, count: int, limit: int) -> None:
        """Raises TooLarge when `count` is above `limit`."""
        if count > limit:
            raise TooLarge(what=what, count=count, limit=limit)


WRITTEN = Limits(nodes=2 * Limits().nodes)  # quantizing hangs each mesh into a node of its own
