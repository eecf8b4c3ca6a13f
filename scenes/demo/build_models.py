"""Build the demo's models: `python -m scenes.demo.build_models [name…]`, into `models/`."""

from __future__ import annotations

import sys
from pathlib import Path

from scenes.demo.catalogue import MODELS
from scenes.demo.modelling.glb import bounds, write_glb

MODELS_FOLDER = Path(__file__).parent / "models"


def main(names: list[str]) -> None:
    total = 0
    for name in names or list(MODELS):
        parts = MODELS[name]()
        path = write_glb(MODELS_FOLDER, name, parts)
        low, high = bounds(parts)
        triangles = sum(len(part.mesh.indices) for part in parts)
        size = " × ".join(f"{side:.3f}" for side in high - low)
        total += path.stat().st_size
        sys.stdout.write(f"{name:16} {path.stat().st_size:>9,} B {triangles:>7,} tri  {size} m\n")
    sys.stdout.write(f"{'total':16} {total:>9,} B\n")


if __name__ == "__main__":
    main(sys.argv[1:])
