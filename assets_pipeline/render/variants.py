"""Whether a file's material variants can be shown one after the other."""

import json
import struct
from typing import Any

VARIANTS = "KHR_materials_variants"


def variants_are_whole(glb: bytes) -> bool:
    """Whether each primitive that any variant changes is named by all of them.

    Else the material of the last one would stay where the next says nothing; by the extension it
    is the primitive's own. Unreadable content has no variants.
    """
    try:
        (length,) = struct.unpack_from("<I", glb, 12)
        document = json.loads(glb[20 : 20 + length])
        count = len(document["extensions"][VARIANTS]["variants"])
        meshes = document["meshes"]
        named = [_named(p) for mesh in meshes for p in mesh["primitives"]]
    except (struct.error, ValueError, KeyError, TypeError):
        return True
    return all(len(variants) in (0, count) for variants in named)


def _named(primitive: dict[str, Any]) -> set[int]:
    mappings = primitive.get("extensions", {}).get(VARIANTS, {}).get("mappings", [])
    return {variant for mapping in mappings for variant in mapping["variants"]}
