"""The credentials that calls hand out, at a real coturn: it relays for them, and for no others."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.rooms.turn import Credentials, credentials

SECRET = "north"
BINDING = bytes.fromhex("000100002112a442") + b"0123456789ab"  # RFC 8489: may I know my address?
PATIENCE = 10.0  # seconds
REFUSALS = 20
pytestmark = pytest.mark.skipif(
    not (shutil.which("turnserver") and shutil.which("turnutils_uclient")),
    reason="coturn is not installed: apt-get install coturn",
)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.1)
        sock.connect(("127.0.0.1", port))
        try:
            sock.send(BINDING)
            return sock.recv(100)[8:20] == BINDING[8:]
        except OSError:
            return False


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("coturn")
    port = free_port()
    command = [
        "turnserver", "-n", "--use-auth-secret", f"--static-auth-secret={SECRET}",
        "--realm=vitrine", f"--listening-port={port}", "--listening-ip=127.0.0.1",
        "--relay-ip=127.0.0.1", "--allow-loopback-peers", "--no-tls", "--no-dtls", "--no-cli",
        "--no-tcp-relay", "--log-file=stdout", f"--pidfile={folder / 'pid'}",
        f"--userdb={folder / 'db'}",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        until = time.monotonic() + PATIENCE
        while not answers(port):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, "coturn does not answer"
        yield port
    finally:
        process.kill()
        process.wait()


async def relays(port: int, known: Credentials) -> bool:
    """Whether two clients who present these reach each other through relayed addresses.

    coturn opens a socket of the same port for each client, and what arrives at a busy machine
    before that one is connected may be refused; a client would send it again.
    """
    for _ in range(REFUSALS):
        said, code = await call(port, known)
        if b"Connection refused" not in said:
            break
    if code != 0:
        assert b"Cannot complete Allocation" in said, said
        return False
    assert b"tot_send_msgs=2, tot_recv_msgs=2" in said, said  # one from each of the two
    return True


async def call(port: int, known: Credentials) -> tuple[bytes, int | None]:
    """What coturn's own client says, and how it ends."""
    command = [
        "turnutils_uclient", "-y", "-c", "-n", "1", "-m", "1", "-p", str(port),
        "-u", known.username, "-w", known.credential, "127.0.0.1",
    ]  # fmt: skip
    client = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(client.communicate(), 3 * PATIENCE)
    return said, client.returncode


async def test_a_relay_opens_for_ours_and_for_nothing_else(port: int):
    now = time.time()
    good = credentials(SECRET, "anna", now, 60)
    end, _, opaque = good.username.partition(":")
    longer = Credentials(f"{int(end) + 3600}:{opaque}", good.credential)
    over = credentials(SECRET, "anna", now - 120, 60)
    strange = credentials("south", "anna", now, 60)
    # One after another: the client may be refused, the more so beside others (see `relays`).
    tried = [await relays(port, one) for one in (good, longer, over, strange)]
    assert tried == [True, False, False, False]
