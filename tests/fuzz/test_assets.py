"""A short run of the fuzzer, and that it would notice."""

import os
import subprocess
import sys
from pathlib import Path

from tests.fuzz.cases import case
from tests.fuzz.judge import BATCH, profiles_of
from tests.fuzz.samples import samples

OPEN_OUTSIDE = """
import os, sys
from pathlib import Path
from tests.fuzz.judge import Watch
inside, outside = Path(sys.argv[1]), Path(sys.argv[2])
watch = Watch(inside)
if os.fork() == 0:
    for place in (inside / "x", outside / "x"):
        try:
            place.open()
        except OSError:
            pass
    os._exit(0)
os.wait()
print(*(text for texts in watch.noted().values() for text in texts))
"""


def test_damaged_files_of_every_format_end_well(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.assets", "--count", "80", "--keep", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    last = run.stdout.splitlines()[-1]
    assert last.startswith("fuzz-assets: cases=80 formats=12 profiles=preview+universal ")


def test_a_case_tried_again_by_itself_is_built_for_what_its_batch_was_built_for() -> None:
    full_run = [profiles_of(number // BATCH * BATCH) for number in range(10 * BATCH)]
    assert [profiles_of(number) for number in range(10 * BATCH)] == full_run
    assert set(full_run) == {("preview",), ("universal", "preview")}


def test_a_seed_makes_the_same_files_again() -> None:
    healthy = list(samples())
    numbers = range(len(healthy))  # each sample once
    first = [case(healthy, 5, number) for number in numbers]
    assert first == [case(healthy, 5, number) for number in numbers]
    assert first != [case(healthy, 6, number) for number in numbers]
    assert len({c.content for c in first}) > 25


def test_a_file_opened_outside_of_the_input_is_noticed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    run = subprocess.run(
        [sys.executable, "-c", OPEN_OUTSIDE, str(inside), str(outside)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert run.stdout == f"open {outside / 'x'}\n"
