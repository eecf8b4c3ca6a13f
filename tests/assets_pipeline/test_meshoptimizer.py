"""The simplifier out of the npm package, and what it does when it cannot."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assets_pipeline import meshoptimizer, programs
from assets_pipeline.meshoptimizer import Mesh, SimplifierFailed, simplify, unpack
from assets_pipeline.programs import MissingProgram
from tests.assets_pipeline.surfaces import hill

SCRIPT = "var wasm =\n\t\t'{wasm}';\n var wasmpack = new Uint8Array([\n\t7, 8,\n]);"
CONFINED = """
import resource, sys
import numpy as np
from assets_pipeline.meshoptimizer import Mesh, simplify
from tests.assets_pipeline.surfaces import hill
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
positions, _, indices = hill(60)
made = simplify(Mesh(indices, positions, positions[:, :1] * 0), [0.0], 100)
sys.exit(0 if len(made.indices) <= 300 else 1)
"""


def mesh(steps: int = 24) -> Mesh:
    positions, normals, indices = hill(steps)
    return Mesh(indices, positions, normals)


@pytest.fixture(autouse=True)
def _needs_npm() -> None:
    try:
        programs.package("meshoptimizer")
    except MissingProgram as missing:
        pytest.skip(str(missing))


def test_the_text_stands_for_frequent_bytes_and_for_pairs_of_digits() -> None:
    # a and b are places in the table; 8 (60) and 9 (61) are first digits, c (2) a second one
    assert unpack(SCRIPT.format(wasm="ab8c9c")) == bytes([7, 8, 2, 66])


@pytest.mark.parametrize("script", ["", SCRIPT.format(wasm="ab8"), SCRIPT.format(wasm="c")])
def test_a_script_of_another_form_is_refused(script: str) -> None:
    with pytest.raises(ValueError, match=r"meshopt_simplifier\.js"):
        unpack(script)


@pytest.mark.parametrize("move", [True, False])
def test_a_hill_gets_as_few_triangles_as_asked_for(move: bool) -> None:
    before = mesh()
    after = simplify(before, [0.2] * 3, 100, move=move)
    assert 80 <= len(after.indices) // 3 <= 100
    drawn = np.unique(after.indices)
    stayed = np.array_equal(after.positions[drawn], before.positions[drawn])
    assert stayed is not move
    assert np.abs(after.positions[drawn] - before.positions[drawn]).max() < 0.1


def test_equal_calls_give_equal_meshes() -> None:
    first, second = (simplify(mesh(), [0.2] * 3, 100) for _ in range(2))
    assert np.array_equal(first.indices, second.indices)
    assert np.array_equal(first.positions, second.positions)


def test_nothing_to_simplify_is_no_fault() -> None:
    empty = Mesh(np.zeros(0, np.uint32), np.zeros((0, 3), np.float32), np.zeros((0, 1), np.float32))
    assert len(simplify(empty, [1.0], 10).indices) == 0


def test_an_index_past_the_vertices_never_reaches_the_module() -> None:
    good = mesh()
    with pytest.raises(ValueError, match="past the last vertex"):
        Mesh(good.indices + np.uint32(1000), good.positions, good.attributes)


def test_a_module_without_memory_fails_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meshoptimizer, "MOST_BYTES", 1 << 18)
    with pytest.raises(SimplifierFailed, match=r"no room|stopped"):
        simplify(mesh(80), [0.2] * 3, 100)


def test_a_machine_without_the_package_is_told_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(programs, "PACKAGES", tmp_path)
    meshoptimizer.compiled.cache_clear()
    try:
        with pytest.raises(MissingProgram, match="make setup"):
            simplify(mesh(), [0.2] * 3, 100)
    finally:
        meshoptimizer.compiled.cache_clear()


def test_a_gigabyte_of_address_space_is_enough() -> None:
    done = subprocess.run([sys.executable, "-c", CONFINED], timeout=60, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
