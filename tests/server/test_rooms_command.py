"""`vitrine rooms` beside a running server."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from server.auth import Person, Role
from server.folder import ADDRESS
from tests.server.rooms.moderated import whole_house


async def vitrine(folder: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, output and complaints."""
    command = [sys.executable, "-m", "server", "rooms", *words]
    command += ["--data", str(folder)]
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, env=environment, check=False
    )
    return done.returncode, done.stdout, done.stderr


async def test_rooms_are_shown_and_somebody_is_sent_out(tmp_path: Path):
    async with whole_house(tmp_path) as house:
        (tmp_path / ADDRESS).write_text(json.dumps({"url": house.url}))
        anna = await house.enter_as(Person("anna", "Anna [1]", Role.SHOPPER))
        code, shown, _ = await vitrine(tmp_path)
        assert code == 0
        assert "demo-1" in shown
        assert "1/24" in shown
        _, text, _ = await vitrine(tmp_path, "--json")
        assert json.loads(text)["items"][0]["avatars"] == 1
        _, shown, _ = await vitrine(tmp_path, "people", "demo-1")
        assert shown == f"{anna.avatar_id}  shopper   Anna [1]\n"
        code, _, _ = await vitrine(
            tmp_path, "kick", "demo-1", anna.avatar_id, "--minutes", "5", "--reason", "Enough"
        )
        assert code == 0
        assert (await anna.hears("problem"))["error"]["reason"] == "Enough"
        code, _, complaint = await vitrine(tmp_path, "people", "nowhere")
        assert code == 1
        assert "not open" in complaint


async def test_without_a_server_there_is_a_hint(tmp_path: Path):
    code, _, complaint = await vitrine(tmp_path)
    assert code == 1
    assert "vitrine serve" in complaint
