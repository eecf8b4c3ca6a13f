"""An input is known again without being read, and never mistaken for what it was."""

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from assets_pipeline.errors import NoSuchFile
from assets_pipeline.unchanged import Contents, earlier_proof


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that was written some time ago, as the clock has it."""
    path = tmp_path / "model.glb"
    path.write_bytes(b"one")
    later = time.time() + 10
    monkeypatch.setattr(time, "time", lambda: later)
    return path


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def unreadable(path: Path) -> dict[str, Any]:
    """Whoever reads the file from now on is told something else: its place has another's bytes."""
    return {str(path.absolute()): [*_facts(path), "remembered"]}


def _facts(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def test_a_file_is_read_once(tmp_path: Path, old: Path) -> None:
    memory = tmp_path / "cache" / "inputs.json"
    first = Contents(memory)
    assert first.sha256(old) == digest(b"one")
    first.save()
    assert json.loads(memory.read_text()) == {str(old): [*_facts(old), digest(b"one")]}
    memory.write_text(json.dumps(unreadable(old)))
    assert Contents(memory).sha256(old) == "remembered"


def test_content_of_the_same_size_and_time_is_noticed(tmp_path: Path, old: Path) -> None:
    memory = tmp_path / "inputs.json"
    memory.write_text(json.dumps(unreadable(old)))
    before = old.stat()
    old.write_bytes(b"two")
    os.utime(old, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert Contents(memory).sha256(old) == digest(b"two")


def test_a_file_that_has_just_been_written_is_not_remembered(tmp_path: Path) -> None:
    path, memory = tmp_path / "new.glb", tmp_path / "inputs.json"
    path.write_bytes(b"one")
    contents = Contents(memory)
    assert contents.sha256(path) == digest(b"one")
    contents.save()
    assert not memory.exists()


@pytest.mark.parametrize("content", ["", "[1]", '{"a": 1}', '{"a": [1, 2]}', "\0"])
def test_a_memory_that_is_damaged_is_empty(tmp_path: Path, old: Path, content: str) -> None:
    memory = tmp_path / "inputs.json"
    memory.write_text(content)
    assert Contents(memory).sha256(old) == digest(b"one")


def test_a_memory_that_cannot_be_written_costs_nothing_else(tmp_path: Path, old: Path) -> None:
    contents = Contents(old / "inputs.json")
    assert contents.sha256(old) == digest(b"one")
    contents.save()


def test_what_is_no_file_is_no_model(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "none", tmp_path / "pipe"):
        with pytest.raises(NoSuchFile):
            Contents(None).sha256(path)


def test_a_proof_counts_while_its_files_are_as_it_says(tmp_path: Path) -> None:
    (tmp_path / "web.glb").write_bytes(b"12")
    proof = {"key": "k", "files": [{"name": "web.glb", "bytes": 2}]}
    (tmp_path / "proof.json").write_text(json.dumps(proof))
    assert earlier_proof(tmp_path, "k") == proof
    assert earlier_proof(tmp_path, "other") is None
    (tmp_path / "web.glb").write_bytes(b"123")
    assert earlier_proof(tmp_path, "k") is None
    (tmp_path / "web.glb").unlink()
    assert earlier_proof(tmp_path, "k") is None
    (tmp_path / "proof.json").write_text("{")
    assert earlier_proof(tmp_path / "none", "k") is None
