"""A real nginx in front of nodes, with the project's own configuration."""

import contextlib
import getpass
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.servers.programs import program

START_SECONDS = 20.0
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def adapted(configuration: str, folder: Path, port: int, servers: Mapping[str, str]) -> str:
    """The configuration with other addresses: `servers` by those that it names, and the port that
    it listens on. All that nginx writes goes to the folder."""
    text, count = re.subn(r"listen 80;", f"listen 127.0.0.1:{port};", configuration)
    assert count == 1, "one `listen 80;`"
    for named, actual in servers.items():
        assert named in text, named
        text = text.replace(named, actual)
    paths = "".join(f"  {name}_temp_path {folder}/{name};\n" for name in TEMPORARY)
    text = text.replace("http {\n", f"http {{\n{paths}", 1)
    text = text.replace("worker_processes auto;", "worker_processes 1;")
    head = f"pid {folder}/nginx.pid;\nerror_log {folder}/error.log warn;\ndaemon off;\n"
    return (f"user {getpass.getuser()};\n" if getpass.getuser() == "root" else "") + head + text


@contextlib.contextmanager
def nginx(configuration: str, folder: Path, port: int) -> Iterator[str]:
    """Its address, while inside. Raises RuntimeError when it does not answer in time."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "nginx.conf"
    file.write_text(configuration)
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [program("nginx"), "-p", str(folder), "-c", str(file), "-e", str(folder / "error.log")],
            stdout=log,
            stderr=log,
        )
    try:
        until = time.monotonic() + START_SECONDS
        while not answers(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(
                    (folder / "log").read_text() + (folder / "error.log").read_text()
                )
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
