"""Files for the web: ours beside the peers', of the same models in the same run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from rich.console import Console
from rich.table import Table

from assets_pipeline.passes import Quantize
from assets_pipeline.recipes import PROFILES
from assets_pipeline.render import Renderer
from tests.bench.assets_looks import (
    Likeness,
    Original,
    Soundness,
    brotli,
    picture_bytes,
    twin,
)
from tests.bench.assets_runs import (
    GLTFPACK,
    OURS,
    OURS_MESHOPT,
    TOOLS,
    TRANSFORM,
    TRANSFORM_DRACO,
    Run,
    Workshop,
    proof,
    run,
)

MEGABYTE, KILOBYTE = 1e6, 1e3


@dataclass(frozen=True)
class Made:
    """One tool's file of one model; times are medians over the repeats."""

    tool: str
    bytes: int
    brotli: int
    geometry: int  # bytes that are not pictures
    seconds: float
    cpu_seconds: float
    peak_mb: float
    likeness: Likeness
    soundness: Soundness
    lost: tuple[str, ...] = ()  # what the proof says was not kept
    bound_mm: float | None = None


Results = dict[str, dict[str, Made]]  # by model, by tool


def compare(
    models: Sequence[Path],
    folder: Path,
    renderer: Renderer,
    workshop: Workshop,
    repeats: int,
    console: Console,
) -> Results:
    """The tools take turns on each model, so that they see the same machine."""
    results: Results = {}
    for source in models:
        runs: dict[str, list[Run]] = {tool: [] for tool in TOOLS}
        for _ in range(repeats):
            for tool in TOOLS:
                runs[tool].append(run(tool, source, folder, workshop))
        original = Original(source, renderer)
        sizes = brotli([runs[tool][0].path for tool in TOOLS])
        results[source.stem] = {
            tool: _made(tool, runs[tool], original, size)
            for tool, size in zip(TOOLS, sizes, strict=True)
        }
        _show(console, source.stem, results[source.stem])
    return results


def _made(tool: str, runs: Sequence[Run], original: Original, compressed: int) -> Made:
    path = runs[0].path
    size = path.stat().st_size
    ours = tool in (OURS, OURS_MESHOPT)
    entry = proof(path)["files"][0] if ours else None  # type: ignore[index]
    return Made(
        tool,
        size,
        compressed,
        size - picture_bytes(path),
        median(r.seconds for r in runs),
        median(r.cpu_seconds for r in runs),
        max(r.peak_mb for r in runs),
        original.likeness(twin(path)),
        original.soundness(path),
        tuple(key for key, kept in entry["kept"].items() if not kept["whole"]) if entry else (),
        bound() if ours else None,
    )


def bound() -> float:
    """Millimetres that a vertex may move, by the profile."""
    steps = PROFILES["web"].recipe.geometry
    return 1000 * next(step.tolerance for step in steps if isinstance(step, Quantize))


def _show(console: Console, name: str, made: dict[str, Made]) -> None:
    table = Table(title=name, title_justify="left")
    table.add_column("tool")
    for column in ("KB", "brotli", "geometry", "s", "CPU s", "MB", "SSIM", "worst", "dB"):
        table.add_column(column, justify="right")
    for column in ("errors", "mm"):
        table.add_column(column, justify="right")
    for entry in made.values():
        like, sound = entry.likeness, entry.soundness
        sizes = (entry.bytes, entry.brotli, entry.geometry)
        table.add_row(
            entry.tool,
            *(f"{size / KILOBYTE:,.1f}" for size in sizes),
            f"{entry.seconds:.2f}",
            f"{entry.cpu_seconds:.2f}",
            f"{entry.peak_mb:.0f}",
            f"{like.mean:.5f}",
            f"{like.worst:.5f}",
            f"{like.psnr:.2f}",
            f"{sound.errors} {' '.join(sorted(set(sound.messages)))}".strip(),
            f"{sound.deviation_mm:.3f}",
        )
    console.print(table)


def errors(results: Results) -> list[str]:
    """What is wrong with files of ours, in words."""
    wrong = []
    for name, made in results.items():
        for tool in (OURS, OURS_MESHOPT):
            entry = made[tool]
            wrong += [f"{name}, {tool}: {code}" for code in entry.soundness.messages]
            wrong += [f"{name}, {tool}: not all {what} kept" for what in entry.lost]
            if entry.bound_mm is not None and entry.soundness.deviation_mm > entry.bound_mm:
                off = f"{entry.soundness.deviation_mm:.3f} mm"
                wrong.append(f"{name}, {tool}: {off} off, allowed are {entry.bound_mm:g}")
    return wrong


def figures(results: Results) -> dict[str, str]:
    """The last line's pairs. `best` is the smaller, or the better, of glTF-Transform's two."""
    peers = (TRANSFORM, TRANSFORM_DRACO)
    rows = list(results.values())
    best = [min(made[tool].bytes for tool in peers) for made in rows]
    margins = [
        made[OURS].likeness.mean - max(made[tool].likeness.mean for tool in peers) for made in rows
    ]
    ratios = [made[OURS].bytes / size for made, size in zip(rows, best, strict=True)]
    times = [made[OURS].seconds / made[TRANSFORM].seconds for made in rows]
    means = {tool: mean(made[tool].likeness.mean for made in rows) for tool in TOOLS}

    def total(tool: str, what: str) -> float:
        return float(sum(getattr(made[tool], what) for made in rows))

    return {
        "bytes_vs_best": f"{total(OURS, 'bytes') / sum(best):.3f}",
        "ssim_margin": f"{min(margins):+.5f}",
        "time_vs_gltf_transform": f"{total(OURS, 'seconds') / total(TRANSFORM, 'seconds'):.3f}",
        "bytes_meshopt_vs_best": f"{total(OURS_MESHOPT, 'bytes') / sum(best):.3f}",
        "brotli_vs_best": f"{total(OURS, 'brotli') / _least(rows, peers):.3f}",
        "worst_bytes_ratio": f"{max(ratios):.3f}",
        "ssim_mean_margin": f"{means[OURS] - max(means[tool] for tool in peers):+.5f}",
        "worst_time_ratio": f"{max(times):.3f}",
        "cpu_vs_gltf_transform": (
            f"{total(OURS, 'cpu_seconds') / total(TRANSFORM, 'cpu_seconds'):.3f}"
        ),
        "geometry_vs_gltfpack": (
            f"{total(OURS_MESHOPT, 'geometry') / total(GLTFPACK, 'geometry'):.3f}"
        ),
        "peak_mb": f"{max(made[OURS].peak_mb for made in rows):.0f}",
        "gltf_transform_peak_mb": f"{max(made[TRANSFORM].peak_mb for made in rows):.0f}",
    }


def _least(rows: Sequence[dict[str, Made]], tools: Sequence[str]) -> int:
    return sum(min(made[tool].brotli for tool in tools) for made in rows)
