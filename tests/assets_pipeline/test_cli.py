"""The commands as people and the server run them: real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from assets_pipeline.cli import PROFILES as OFFERED
from assets_pipeline.profile_file import KNOBS
from assets_pipeline.recipes import PROFILES
from tests.assets_pipeline import examples

ROOT = Path(__file__).parents[2]
WIDE: Mapping[str, str] = {**os.environ, "COLUMNS": "160", "PYTHONPATH": str(ROOT)}
COMMAND = [sys.executable, "-m", "assets_pipeline"]
QUICK = ("--profile", "web", "--no-pictures")


def run(*words: object, columns: int = 160) -> "subprocess.CompletedProcess[str]":
    command = [*COMMAND, *map(str, words)]
    env = {**WIDE, "COLUMNS": str(columns)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


@pytest.fixture
def square(tmp_path: Path) -> Path:
    path = tmp_path / "square.glb"
    path.write_bytes(examples.textured_square().glb())
    return path


def test_the_profiles_on_offer_are_those_of_the_recipes() -> None:
    assert tuple(PROFILES) == OFFERED


def test_help_teaches_by_examples() -> None:
    assert "build" in run("--help").stdout
    told = run("build", "--help").stdout
    assert "vitrine-assets build shoe.glb -o out" in told
    assert all(name in told for name in PROFILES)
    knobs = [*KNOBS["properties"], *KNOBS["properties"]["budget"]["properties"]]
    assert [knob for knob in knobs if knob not in told] == []


@pytest.mark.parametrize("command", [[], ["build"], ["inspect"], ["upload"]])
def test_help_breaks_no_line_in_80_columns(command: list[str]) -> None:
    narrow, wide = (run(*command, "--help", columns=columns).stdout for columns in (80, 160))

    def said(help: str) -> list[str]:
        return [line.strip() for line in help.partition("╭")[0].splitlines()]

    assert said(narrow) == said(wide)


def test_help_tells_the_exit_codes() -> None:
    assert "some input failed" in run("--help").stdout


def test_help_does_not_load_what_only_a_conversion_needs() -> None:
    code = "import sys, assets_pipeline.cli; print({'numpy','trimesh','PIL'} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=WIDE
    )
    assert found.stdout.strip() == "set()"


def test_a_build_speaks_json_lines(tmp_path: Path, square: Path) -> None:
    bad = tmp_path / "photo.glb"
    bad.write_bytes(examples.picture(form="JPEG"))
    ended = run("build", square, bad, "-o", tmp_path / "out", *QUICK, "--json")
    assert ended.returncode == 1
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    assert events[0] == {
        "event": "progress",
        "input": "square.glb",
        "fraction": 0,
        "step": "reading",
    }
    (done,) = [e for e in events if e["event"] == "done"]
    assert set(done) == {
        "event", "input", "folder", "files", "variants", "dimensions", "warnings", "notes",
        "proof", "page",
    }  # fmt: skip
    assert set(done["files"][0]) == {
        "profile", "lod", "name", "bytes", "triangles", "vertices", "media_type", "sha256",
        "budget_passed",
    }  # fmt: skip
    (failed,) = [e for e in events if e["event"] == "failed"]
    assert failed["input"] == "photo.glb"
    assert failed["error"]["type"] == "not-a-model"
    assert (Path(done["folder"]) / "web.glb").stat().st_size == done["files"][0]["bytes"]
    summary = events[-1]
    assert summary.pop("seconds") > 0
    assert summary == {
        "event": "summary", "built": 1, "unchanged": 0, "failed": 1, "over_budget": 0,
        "bytes_in": square.stat().st_size, "bytes_out": done["files"][0]["bytes"],
    }  # fmt: skip


def test_a_build_for_people_ends_in_a_table_and_a_summary(tmp_path: Path, square: Path) -> None:
    ended = run("build", square, "-o", tmp_path / "out", *QUICK, "--profile", "universal")
    assert ended.returncode == 0
    assert "universal.glb" in ended.stdout
    assert "fits" in ended.stdout
    assert "Red, Blue" in ended.stdout
    assert "1 built, 0 unchanged" in ended.stderr
    again = run("build", square, "-o", tmp_path / "out", *QUICK, "--profile", "universal")
    assert "up to date" in again.stdout
    assert "0 built, 1 unchanged" in again.stderr


def test_a_folder_is_built_into_folders_of_the_same_order(tmp_path: Path, square: Path) -> None:
    lamps = tmp_path / "models" / "lamps"
    lamps.mkdir(parents=True)
    for name in ("tall.glb", "small.glb"):
        (lamps / name).write_bytes(square.read_bytes())
    words = ("build", tmp_path / "models", "-o", tmp_path / "out", *QUICK, "--jobs", 2, "--json")
    events = [json.loads(line) for line in run(*words).stdout.splitlines()]
    assert sorted(e["input"] for e in events if e["event"] == "done") == [
        "lamps/small.glb", "lamps/tall.glb",
    ]  # fmt: skip
    assert (tmp_path / "out" / "lamps" / "tall" / "web.glb").is_file()
    again = [json.loads(line) for line in run(*words).stdout.splitlines()]
    assert again[-1]["unchanged"] == 2


def test_a_budget_that_is_exceeded_shows_and_with_strict_it_fails(
    tmp_path: Path, square: Path
) -> None:
    (tmp_path / "mine.toml").write_text(
        '[profiles.tiny]\nbase = "preview"\nbudget = { bytes = 10 }\n'
    )
    words = ("build", square, "-o", tmp_path / "out", "--profiles-file", tmp_path / "mine.toml",
             "--profile", "tiny", "--no-pictures")  # fmt: skip
    ended = run(*words)
    assert (ended.returncode, "over" in ended.stdout) == (0, True)
    assert "1 files over budget" in ended.stderr
    assert (tmp_path / "out" / "square" / "tiny.glb").is_file()
    assert run(*words, "--strict").returncode == 1


def test_80_columns_cut_neither_folder_nor_variants(tmp_path: Path, square: Path) -> None:
    folder = tmp_path / "results-of-the-autumn-collection"
    lines = run("build", square, "-o", folder, *QUICK, columns=80).stdout.splitlines()
    assert str(folder / "square") in lines
    assert "variants: Red, Blue" in [line.strip() for line in lines]
    assert any(line.split()[0] == "web.glb" for line in lines if line.strip())


def test_errors_for_people_go_to_stderr(tmp_path: Path) -> None:
    ended = run("build", tmp_path / "none.glb", "-o", tmp_path / "out", *QUICK)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "none.glb" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "words",
    [["build", "a.glb"], ["build", "a.glb", "-o", "out", "--profile", "phone"], ["paint"]],
)
def test_a_command_that_is_not_understood_ends_with_2(words: list[str]) -> None:
    assert run(*words).returncode == 2


def test_a_name_that_is_not_known_is_told_with_those_that_are(tmp_path: Path, square: Path) -> None:
    ended = run("build", square, "-o", tmp_path / "out", "--profile", "phone")
    assert "headset" in ended.stderr
    (tmp_path / "mine.toml").write_text('[profiles.mine]\nbase = "web"\ncodex = "draco"\n')
    ended = run("build", square, "-o", tmp_path / "o", "--profiles-file", tmp_path / "mine.toml")
    assert ended.returncode == 2
    assert "there is no codex" in ended.stderr


def test_two_inputs_of_one_folder_are_refused(tmp_path: Path, square: Path) -> None:
    (tmp_path / "copy").mkdir()
    other = tmp_path / "copy" / "square.glb"
    other.write_bytes(square.read_bytes())
    ended = run("build", square, other, "-o", tmp_path / "out")
    assert ended.returncode == 2
    assert "one folder" in ended.stderr


def test_inspect_shows_sources_and_results(tmp_path: Path, square: Path) -> None:
    run("build", square, "-o", tmp_path / "out", *QUICK)
    shown = run("inspect", square)
    assert shown.returncode == 0
    for word in ("Red, Blue", "baseColor", "16 × 16", "audit:", "Texture sides, pixels"):
        assert word in shown.stdout
    both = run("inspect", square, tmp_path / "out" / "square" / "web.glb")
    assert both.returncode == 0
    for word in ("square.glb", "web.glb", "texture formats", "extensions", "−"):
        assert word in both.stdout


def test_inspect_writes_a_page(tmp_path: Path, square: Path) -> None:
    page = tmp_path / "both.html"
    (tmp_path / "board.obj").write_text(examples.OBJ)
    ended = run("inspect", square, tmp_path / "board.obj", "--html", page)
    assert ended.returncode == 0
    assert "board.obj" in page.read_text()
    assert "triangles" in page.read_text()
    assert run("inspect", square, "--html", tmp_path / "none" / "a.html").returncode == 1


def test_inspect_speaks_json_too(tmp_path: Path) -> None:
    (tmp_path / "scan.ply").write_text(examples.PLY)
    found = json.loads(run("inspect", tmp_path / "scan.ply", "--json").stdout)
    assert (found["format"], found["triangles"], found["unitless"]) == ("PLY", 2, True)


def test_inspect_says_what_a_bad_file_is(tmp_path: Path) -> None:
    (tmp_path / "photo.glb").write_bytes(examples.picture(form="JPEG"))
    ended = run("inspect", tmp_path / "photo.glb")
    assert ended.returncode == 1
    assert "JPEG" in ended.stderr


def test_a_build_that_is_told_to_stop_leaves_nothing_behind(tmp_path: Path) -> None:
    example = examples.square(material=0)
    texture = example.texture(examples.picture((2048, 2048)))
    example.document["materials"] = [{"emissiveTexture": {"index": texture}}]
    (tmp_path / "slow.glb").write_bytes(example.glb())
    command = [*COMMAND, "build", str(tmp_path / "slow.glb"), "-o", str(tmp_path / "out"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=WIDE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        assert process.wait(20) == 128 + signal.SIGTERM
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_profiles(tmp_path: Path, shell: str) -> None:
    (tmp_path / "mine.toml").write_text("[profiles.heavy-duty]\n")
    script = completed(shell, "vitrine-assets ", source=True)
    assert "vitrine" in script
    assert "inspect" in completed(shell, "vitrine-assets insp")
    words = f"vitrine-assets build a.glb --profiles-file {tmp_path / 'mine.toml'} --profile hea"
    offered = completed(shell, words)
    assert "headset" in offered
    assert "heavy-duty" in offered
    assert "universal" not in offered


def completed(shell: str, words: str, source: bool = False) -> str:
    """What the shell's own script gets to hear when Tab is pressed at the end of `words`."""
    told = words.split()
    env = {
        **WIDE,
        "_VITRINE_ASSETS_COMPLETE": f"{'source' if source else 'complete'}_{shell}",
        "COMP_WORDS": words, "COMP_CWORD": str(len(told) - 1),
        "_TYPER_COMPLETE_ARGS": words, "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }  # fmt: skip
    program = Path(sys.executable).parent / "vitrine-assets"
    ended = subprocess.run([program], capture_output=True, text=True, check=False, env=env)
    return ended.stdout


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a process of its parent's end"
)
def test_what_was_started_with_its_parent_ends_with_it() -> None:
    inner = (
        "import time; from assets_pipeline.cli import end_with_parent; "
        "end_with_parent(); print(flush=True); time.sleep(60)"
    )
    outer = (
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', sys.argv[1]], "
        "stdout=subprocess.PIPE); child.stdout.readline(); "
        "print(child.pid, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", outer, inner],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=WIDE,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    ends = time.monotonic() + 10
    while Path(f"/proc/{child}/stat").exists() and not ended(child):
        assert time.monotonic() < ends
        time.sleep(0.02)


def ended(pid: int) -> bool:
    """Whether nothing but its exit code is left of it, which nobody here may collect."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
