"""The account that a build leaves beside its files: measured on what was written, not on what
was meant."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assets_pipeline.describe import describe, keepsakes
from assets_pipeline.levels import Level
from assets_pipeline.model import Json, Model
from assets_pipeline.recipes import Budget, Profile
from assets_pipeline.version import pipeline_version

GLB = "model/gltf-binary"


@dataclass(frozen=True)
class Measured:
    """What a build found out about one file by looking at it. None: it could not; a note says why.

    `ssim` is by view. `deviation_mm` is the largest distance from the file to the source and from
    the source to the file, `bound_mm` what the profile allows, `level` says how a level of detail
    was chosen, `audit` and `validator` are what these found.
    """

    lod: int = 0
    ssim: Mapping[str, float] | None = None
    deviation_mm: tuple[float, float] | None = None
    bound_mm: float | None = None
    level: Level | None = None
    audit: Sequence[Json] = ()
    validator: Json = field(default_factory=lambda: {"skipped": "It was not asked."})


def file_proof(
    profile: Profile,
    content: bytes,
    written: Model,
    source: Model,
    name: str,
    measured: Measured | None = None,
) -> Json:
    """What one GLB is and how it compares. `written` is the file read back."""
    facts, measured = describe(written), measured or Measured()
    budget = check_budget(profile.budget, len(content), facts)
    return {
        "profile": profile.name,
        "lod": measured.lod,
        "name": name,
        "bytes": len(content),
        "media_type": GLB,
        "sha256": hashlib.sha256(content).hexdigest(),
        **{key: facts[key] for key in ("triangles", "vertices", "draw_calls", "dimensions")},
        "textures": facts["textures"],
        "texture_gpu_bytes": facts["texture_gpu_bytes"],
        "extensions": facts["extensions"],
        "kept": _kept(source, written),
        "budget": budget,
        "budget_passed": budget["passed"],
        "ssim": _likeness(measured.ssim),
        "deviation": _distances(measured),
        **_level(measured.level),
        "validator": measured.validator,
        "audit": list(measured.audit),
    }


def picture_proof(
    name: str,
    content: bytes,
    media_type: str,
    size: tuple[int, int],
    variant: str | None = None,
    profile: str = "poster",
) -> Json:
    """A poster, or a view for the proof. `size` is its width and height in pixels."""
    return _plain(profile, name, content, media_type, variant) | {
        "width": size[0],
        "height": size[1],
    }


def package_proof(
    profile: Profile, name: str, content: bytes, model: Model, variant: str | None = None
) -> Json:
    """A USDZ, made of `model`."""
    facts = describe(model)
    budget = check_budget(profile.budget, len(content), facts)
    counts = {key: facts[key] for key in ("triangles", "vertices", "draw_calls", "dimensions")}
    checked = {"budget": budget, "budget_passed": budget["passed"]}
    plain = _plain(profile.name, name, content, "model/vnd.usdz+zip", variant)
    return plain | counts | checked | {"textures": facts["textures"]}


def _plain(profile: str, name: str, content: bytes, media_type: str, variant: str | None) -> Json:
    return {
        "profile": profile,
        "lod": 0,
        "name": name,
        "bytes": len(content),
        "triangles": 0,
        "vertices": 0,
        "media_type": media_type,
        "sha256": hashlib.sha256(content).hexdigest(),
        **({} if variant is None else {"variant": variant}),
    }


def _kept(source: Model, written: Model) -> Json:
    before, after = keepsakes(source), keepsakes(written)
    return {
        key: {"source": before[key], "file": after[key], "whole": before[key] == after[key]}
        for key in before
    }


def _level(level: Level | None) -> Json:
    """How a level of detail was chosen, and from which size on the screen it serves."""
    if level is None:
        return {}
    return {
        "screen_size": round(level.screen_size, 4),
        "simplifier": level.simplifier,
        "candidates": [
            {"simplifier": c.simplifier, "triangles": c.triangles, "ssim": c.ssim}
            for c in level.candidates
        ],
    }


def _likeness(views: Mapping[str, float] | None) -> Json | None:
    if not views:
        return None
    values = list(views.values())
    return {
        "mean": round(sum(values) / len(values), 5),
        "worst": round(min(values), 5),
        "views": {name: round(value, 5) for name, value in views.items()},
    }


def _distances(measured: Measured) -> Json | None:
    if measured.deviation_mm is None:
        return None
    to_source, from_source = measured.deviation_mm
    return {
        "to_source_mm": round(to_source, 4),
        "from_source_mm": round(from_source, 4),
        "bound_mm": measured.bound_mm,
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
    key: str,
    path: Path,
    sha256: str,
    source: Model,
    prepared: Model,
    files: list[Json],
    *,
    views: Sequence[Json] = (),
    notes: Sequence[str] = (),
) -> Json:
    """The proof of a build. It holds no time and no path, so equal builds have equal proofs.

    `prepared` is the source in metres, before anything was rounded for a profile. `views` are
    `{name, before, after: {profile: file}}`, `notes` what could not be made here, and why.
    """
    facts = describe(source)
    return {
        "pipeline": pipeline_version(),
        "key": key,
        "input": {
            "name": path.name,
            "bytes": path.stat().st_size,
            "sha256": sha256,
            **{k: facts[k] for k in ("format", "triangles", "vertices", "draw_calls")},
            **{k: facts[k] for k in ("textures", "texture_gpu_bytes", "extensions")},
        },
        "dimensions": describe(prepared)["dimensions"],
        "variants": source.variants,
        "warnings": list(prepared.warnings),
        "files": files,
        "views": list(views),
        "posters": [file["name"] for file in files if file["profile"] == "poster"],
        "notes": list(notes),
    }
