"""What whole builds take: every profile of a model, and a folder in which nothing changed."""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from assets_pipeline.builder import Options, build
from tests.bench.assets_runs import Workshop, build_one

UNCHANGED = 1000  # inputs


def every_profile(
    models: Sequence[Path], folder: Path, workshop: Workshop, console: Console
) -> dict[str, str]:
    """With LODs, KTX2, posters, USDZ, views and proof; one model at a time, renderer and all."""
    table = Table(title="Every profile", title_justify="left")
    for column in ("model", "s", "CPU s", "MB", "files"):
        table.add_column(column, justify="left" if column == "model" else "right")
    out, taken = folder / "everything", []
    for source in models:
        made = workshop.build(source, out, Options(force=True), out / source.stem)
        taken.append(made)
        row = (f"{made.seconds:.1f}", f"{made.cpu_seconds:.1f}", f"{made.peak_mb:.0f}")
        table.add_row(source.stem, *row, str(len(list(made.path.iterdir()))))
    console.print(table)
    return {
        "everything_median_s": f"{median(made.seconds for made in taken):.1f}",
        "everything_worst_s": f"{max(made.seconds for made in taken):.1f}",
        "everything_peak_mb": f"{max(made.peak_mb for made in taken):.0f}",
    }


def unchanged(models: Sequence[Path], folder: Path) -> dict[str, str]:
    """The smallest model under many names, built once, then again as if by mistake."""
    source = min(models, key=lambda path: path.stat().st_size)
    inputs, out = folder / "many", folder / "unchanged"
    inputs.mkdir()
    options = Options(profiles=("preview",), pictures=False, checks=False)
    paths = [inputs / f"{number:04}.glb" for number in range(UNCHANGED)]
    paths[0].write_bytes(source.read_bytes())
    build_one(paths[0], out, options)
    for path in paths[1:]:
        shutil.copy(paths[0], path)
        shutil.copytree(out / paths[0].stem, out / path.stem)
    list(build(paths, out, options))  # what was copied is met for the first time
    start = time.perf_counter()
    events = list(build(paths, out, options))
    seconds = time.perf_counter() - start
    again = sum(1 for event in events if not event.get("unchanged"))
    if again:
        raise RuntimeError(f"{again} of {UNCHANGED} unchanged inputs were built again")
    return {"unchanged_1000_s": f"{seconds:.2f}", "processors": str(os.cpu_count())}
