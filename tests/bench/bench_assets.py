"""The pipeline beside glTF-Transform and gltfpack: the same models, the same run.

    python -m tests.bench.bench_assets FOLDER [--only bytes|lods|times] [--repeats 3]

Bytes, time, memory, validity and likeness of files for the web; levels of detail; what whole builds
take. The tools take turns on each model. Ours runs as it does in the service: in a child of a warm
process. The peers are npm's, as pinned in `peers/`. Likeness is the SSIM of four views at 640
pixels, all drawn by the same renderer from copies with decoded pictures.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from assets_pipeline.errors import NoRenderer
from assets_pipeline.render import Renderer, renderer
from tests.bench import assets_bytes, assets_lods, assets_times
from tests.bench.assets_runs import PEERS, Workshop

WIDTH = 160  # letters of the tables
PARTS = ("bytes", "lods", "times")
FIRST = ("bytes_vs_best", "ssim_margin", "time_vs_gltf_transform", "lod_wins")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("models", type=Path, help="a folder of GLB files")
    parser.add_argument("--only", choices=PARTS, action="append", help="parts to run; repeatable")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each tool; times: medians")
    parser.add_argument("--model", action="append", help="only this file's stem; repeatable")
    options = parser.parse_args()
    models = sorted(options.models.glob("*.glb"))
    models = [path for path in models if not options.model or path.stem in options.model]
    if not models:
        parser.error(f"there is no GLB in {options.models}")
    if not PEERS.is_dir():
        parser.error("the peers are not installed: run `make bench-assets`")
    parts, workshop = options.only or PARTS, Workshop()
    try:
        with tempfile.TemporaryDirectory() as folder, renderer() as drawing:
            bench = Bench(models, Path(folder), drawing, workshop, options.repeats)
            pairs, wrong = bench.measure(parts)
    except NoRenderer as missing:
        parser.error(str(missing))
    finally:
        workshop.close()
    for text in wrong:
        print("wrong:", text)
    pairs = {key: pairs[key] for key in FIRST if key in pairs} | pairs | {"errors": str(len(wrong))}
    print("bench-assets:", *(f"{key}={value}" for key, value in pairs.items()))


@dataclass(frozen=True)
class Bench:
    models: Sequence[Path]
    folder: Path
    drawing: Renderer
    workshop: Workshop
    repeats: int

    def measure(self, parts: Sequence[str]) -> tuple[dict[str, str], list[str]]:
        """The last line's pairs, and what is wrong in words."""
        console, models, folder = Console(width=WIDTH), self.models, self.folder
        pairs: dict[str, str] = {}
        wrong: list[str] = []
        if "bytes" in parts:
            results = assets_bytes.compare(
                models, folder, self.drawing, self.workshop, self.repeats, console
            )
            wrong = assets_bytes.errors(results)
            pairs |= assets_bytes.figures(results)
        if "lods" in parts:
            pairs |= assets_lods.compare(models, folder, self.drawing, console)
        if "times" in parts:
            pairs |= assets_times.every_profile(models, folder, self.workshop, console)
            pairs |= assets_times.unchanged(models, folder)
        return pairs, wrong


if __name__ == "__main__":
    main()
