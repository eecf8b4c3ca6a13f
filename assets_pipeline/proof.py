"""The account that a build leaves beside its files: measured on what was written, not on what
was meant."""

import hashlib

from assets_pipeline.describe import describe, keepsakes
from assets_pipeline.model import Json, Model
from assets_pipeline.recipes import Budget, Profile
from assets_pipeline.version import pipeline_version


def build_key(content: bytes, profiles: list[str], unit: str | None) -> str:
    """A hash of all that decides the output: input, options, pipeline."""
    parts = [hashlib.sha256(content).hexdigest(), *sorted(profiles), unit or "", pipeline_version()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def file_proof(profile: Profile, content: bytes, written: Model, source: Model) -> Json:
    """What one file is and how it compares. `written` is the file read back."""
    facts = describe(written)
    before, after = keepsakes(source), keepsakes(written)
    return {
        "profile": profile.name,
        "lod": 0,
        "name": f"{profile.name}.glb",
        "bytes": len(content),
        "media_type": "model/gltf-binary",
        "sha256": hashlib.sha256(content).hexdigest(),
        **{key: facts[key] for key in ("triangles", "vertices", "draw_calls", "dimensions")},
        "textures": facts["textures"],
        "texture_gpu_bytes": facts["texture_gpu_bytes"],
        "extensions": facts["extensions"],
        "kept": {
            key: {"source": before[key], "file": after[key], "whole": before[key] == after[key]}
            for key in before
        },
        "budget": check_budget(profile.budget, len(content), facts),
    }


def check_budget(budget: Budget, size: int, facts: Json) -> Json:
    """Each limit that the profile has, what there is, and whether it fits."""
    sides = [side for t in facts["textures"] for side in (t["width"], t["height"])]
    found = {
        "bytes": (size, budget.bytes),
        "triangles": (facts["triangles"], budget.triangles),
        "vertices": (facts["vertices"], budget.vertices),
        "texture_size": (max(sides, default=0), budget.texture_size),
    }
    checks = {
        name: {"value": value, "limit": limit, "passed": value <= limit}
        for name, (value, limit) in found.items()
        if limit is not None
    }
    return {"passed": all(check["passed"] for check in checks.values()), "checks": checks}


def whole_proof(
    key: str, content: bytes, name: str, source: Model, prepared: Model, files: list[Json]
) -> Json:
    """The proof of a build. It holds no time and no path, so equal builds have equal proofs.

    `prepared` is the source in metres, before anything was rounded for a profile.
    """
    facts = describe(source)
    return {
        "pipeline": pipeline_version(),
        "key": key,
        "input": {
            "name": name,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            **{k: facts[k] for k in ("format", "triangles", "vertices", "draw_calls")},
            "textures": facts["textures"],
            "extensions": facts["extensions"],
        },
        "dimensions": describe(prepared)["dimensions"],
        "variants": source.variants,
        "warnings": list(prepared.warnings),
        "files": files,
    }
