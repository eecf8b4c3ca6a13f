"""Levels of detail: ours beside those of gltfpack and glTF-Transform, by how they look."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from assets_pipeline.convert import prepare
from assets_pipeline.levels import make_levels
from assets_pipeline.model import Model
from assets_pipeline.options import Options
from assets_pipeline.readers import WRITTEN, read
from assets_pipeline.recipes import Lod
from assets_pipeline.render import Renderer
from tests.bench.assets_looks import Likeness, Original, plain
from tests.bench.assets_runs import PEERS, program

RATIOS = (0.25, 0.10)
OURS, GLTFPACK, TRANSFORM = "Vitrine", "gltfpack -si", "glTF-Transform simplify"
TEXTURES = 8192  # pixels: as they are, for all


@dataclass(frozen=True)
class Level:
    model: str
    ratio: float
    tool: str
    triangles: int
    likeness: Likeness
    note: str = ""  # how it was made


def compare(
    models: Sequence[Path], folder: Path, renderer: Renderer, console: Console
) -> dict[str, str]:
    levels: list[Level] = []
    table = Table(title="Levels of detail", title_justify="left")
    for column in ("model", "ratio", "tool", "triangles", "SSIM", "worst", "made by"):
        table.add_column(column, justify="right" if column in ("triangles", "SSIM") else "left")
    for source in models:
        original = Original(source, renderer)
        found = [*_ours(original, renderer), *_peers(original, folder)]
        for level in sorted(found, key=lambda level: (-level.ratio, level.tool)):
            like = (f"{level.likeness.mean:.5f}", f"{level.likeness.worst:.5f}")
            ratio = f"{level.ratio:.2f}"
            table.add_row(level.model, ratio, level.tool, str(level.triangles), *like, level.note)
        levels += found
    console.print(table)
    return figures(levels)


def figures(levels: Sequence[Level]) -> dict[str, str]:
    """A model is won when all its levels look at least as good as the better peer's."""
    margins: dict[str, list[float]] = {}
    for level in levels:
        if level.tool == OURS:
            peers = [
                other.likeness.mean
                for other in levels
                if (other.model, other.ratio) == (level.model, level.ratio) and other.tool != OURS
            ]
            margins.setdefault(level.model, []).append(level.likeness.mean - max(peers))
    won = sum(min(margin) >= 0 for margin in margins.values())
    return {
        "lod_wins": f"{won}/{len(margins)}",
        "lod_worst_margin": f"{min(min(margin) for margin in margins.values()):+.5f}",
    }


def _ours(original: Original, renderer: Renderer) -> list[Level]:
    prepared = prepare(original.model, Options(), threads=2)
    wanted = [Lod(ratio, TEXTURES) for ratio in RATIOS]
    made = make_levels(prepared, wanted, renderer, notes=[])
    return [
        Level(
            original.path.stem,
            ratio,
            OURS,
            level.triangles,
            original.likeness(plain(level.model)),
            level.simplifier,
        )
        for ratio, level in zip(RATIOS, made, strict=True)
    ]


def _peers(original: Original, folder: Path) -> list[Level]:
    levels = []
    welded = folder / f"{original.path.stem}.welded.glb"
    program([_peer("gltf-transform"), "weld", str(original.path), str(welded)], welded)
    for ratio in RATIOS:
        output = folder / f"{original.path.stem}.{ratio}.glb"
        # Both stop at an error of their own before the ratio, unless told not to.
        reached = ("--ratio", str(ratio), "--error", "1")
        program([_peer("gltf-transform"), "simplify", str(welded), str(output), *reached], output)
        levels.append(_level(original, output, ratio, TRANSFORM))
        reached = ("-si", str(ratio), "-se", "1", "-noq", "-kn", "-km")
        words = [_peer("gltfpack"), "-i", str(original.path), "-o", str(output), *reached]
        program(words, output)
        levels.append(_level(original, output, ratio, GLTFPACK))
    return levels


def _level(original: Original, path: Path, ratio: float, tool: str) -> Level:
    model = read(path, WRITTEN)
    likeness = original.likeness(plain(model))
    return Level(original.path.stem, ratio, tool, _triangles(model), likeness)


def _triangles(model: Model) -> int:
    return sum(primitive.triangles for primitive in model.primitives)


def _peer(name: str) -> str:
    return str(PEERS / name)
