"""The server's secret, and what else in its data folder is nobody's business."""

import os
import stat
from pathlib import Path

import pytest

from server.folder import Stopped
from server.process import opened
from server.secret import DamagedSecret, own_secret, write_private
from server.settings import Settings


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_is_made_once_and_is_its_owners_alone(tmp_path):
    secret = own_secret(tmp_path)
    assert (len(secret), own_secret(tmp_path)) == (32, secret)
    assert [(path.name, mode(path)) for path in tmp_path.iterdir()] == [("secret.key", 0o600)]


def test_a_shared_secret_is_the_same_on_every_node_and_is_not_written(tmp_path):
    shared = "the same text on all of the nodes"
    assert own_secret(tmp_path / "one", shared) == own_secret(tmp_path / "two", shared)
    assert own_secret(tmp_path, shared) != own_secret(tmp_path, shared + "!")
    assert len(own_secret(tmp_path, shared)) == 32
    assert list(tmp_path.iterdir()) == []


def test_of_two_processes_that_make_one_both_read_the_first(tmp_path):
    write_private(tmp_path / "secret.key", "aa" * 32)
    write_private(tmp_path / "secret.key", "bb" * 32)
    assert own_secret(tmp_path) == b"\xaa" * 32


def test_a_crash_while_it_is_written_leaves_none(tmp_path, monkeypatch):
    def die(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", die)
        with pytest.raises(KeyboardInterrupt):
            own_secret(tmp_path)
    assert not (tmp_path / "secret.key").exists()
    assert len(own_secret(tmp_path)) == 32


@pytest.mark.parametrize("text", ["", "abcd", "not hex at all"])
async def test_a_secret_that_is_none_is_not_used(tmp_path, text):
    (tmp_path / "secret.key").write_text(text)
    with pytest.raises(DamagedSecret):
        own_secret(tmp_path)
    with pytest.raises(Stopped, match=r"secret\.key"):
        async with opened(Settings(data=tmp_path)):
            pass


async def test_a_new_data_folder_is_its_owners_alone(tmp_path):
    data = tmp_path / "data"
    async with opened(Settings(data=data)) as house:
        access = await house.demo_access()
        assert access == await house.demo_access()
    assert mode(data) == 0o700
    assert mode(data / "demo-access.json") == 0o600
