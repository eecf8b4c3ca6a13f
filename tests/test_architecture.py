"""The directions of the design hold, and the contracts that keep them would notice a breach."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BREACHES = {
    "The server runs the pipeline": ("server/assets/service.py", "import assets_pipeline.builder"),
    "The pipeline knows nothing": ("assets_pipeline/model.py", "import server.errors"),
    "Features never import": ("server/orders/service.py", "import server.catalog.product"),
    "cli > app > features": ("server/errors.py", "import server.app"),
    "In a feature: edges": ("server/rooms/room.py", "import server.rooms.service"),
    "No framework, driver or disk": ("server/orders/stock.py", "import sqlite3"),
    "Only the embedded engine": ("server/orders/routes.py", "import sqlite3"),
    "Only one file knows MongoDB": ("server/orders/routes.py", "import pymongo"),
    "cli > builder > proof": ("assets_pipeline/model.py", "import assets_pipeline.recipes"),
    "trimesh only in the readers": ("assets_pipeline/builder.py", "import trimesh"),
    "The client knows only": ("vitrine_client/__init__.py", "import server.rooms.service"),
    "pygltflib only at the glTF edge": ("assets_pipeline/builder.py", "import pygltflib"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    for package in ("server", "assets_pipeline", "vitrine_client"):
        shutil.copytree(
            root / package,
            tmp_path / package,
            ignore=shutil.ignore_patterns("__pycache__", "node_modules"),
        )
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_directions_hold_and_every_contract_notices_its_breach(copy: Path):
    clean = lint(copy)
    assert clean.returncode == 0, clean.stdout
    for file, line in BREACHES.values():
        with (copy / file).open("a") as source:
            source.write(f"\n{line}\n")
    broken = lint(copy)
    assert broken.returncode == 1
    verdicts = re.findall(r"^(.*) (KEPT|BROKEN)\b", broken.stdout, re.MULTILINE)
    assert len(verdicts) == len(BREACHES)
    for name in BREACHES:
        (verdict,) = [verdict for contract, verdict in verdicts if contract.startswith(name)]
        assert verdict == "BROKEN", name
