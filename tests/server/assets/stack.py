"""A server that only takes uploads, and workers beside it: real processes on real engines."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import Process
from pathlib import Path

import aiohttp

from tests.server.assets.tus_talk import Tus
from tests.servers.ports import free_ports

COMMAND = (sys.executable, "-m", "server")


class Stack:
    """Processes that share a MongoDB, an S3 store and a Redis."""

    def __init__(self, folder: Path, root: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.root = root
        self.environment = {**os.environ, **environment, "VITRINE_CONVERSION_PICTURES": "false"}
        self.processes: list[Process] = []

    async def start(
        self, name: str, *arguments: str, **settings: str
    ) -> asyncio.subprocess.Process:
        """A process; its output goes into `<name>.log`."""
        more = {f"VITRINE_{key.upper()}": value for key, value in settings.items()}
        with (self.folder / f"{name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(*COMMAND, *arguments, "--data", str(self.folder / name)),
                cwd=self.root,
                env=self.environment | {"VITRINE_NODE": name} | more,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    async def worker(self, name: str) -> Process:
        """Converting, or about to."""
        return await self.start(name, "worker")

    async def server(self) -> Tus:
        """Somebody who talks tus to a new server that converts nothing; the login is staff's."""
        (port,) = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        arguments = ("serve", "--port", str(port))
        process = await self.start("web", *arguments, node_url=url, worker_in_server="false")
        address = self.folder / "web" / "server.json"
        async with asyncio.timeout(60):
            while not address.exists():
                assert process.returncode is None, self.log("web")
                await asyncio.sleep(0.05)
        key = await self.say("keys", "create", "--role", "staff")
        self.session = aiohttp.ClientSession(url)
        tus = Tus(self.session)
        tus.headers["Authorization"] = f"Bearer {key.strip()}"
        return tus

    async def say(self, *arguments: str) -> str:
        """What a command prints. Raises AssertionError when it fails."""
        process = await asyncio.create_subprocess_exec(
            *(*COMMAND, *arguments, "--data", str(self.folder / "web")),
            cwd=self.root,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complained = await process.communicate()
        assert process.returncode == 0, complained.decode()
        return said.decode()

    async def asset(self, tus: Tus, id: str) -> dict:
        async with tus.client.get(f"/api/assets/{id}", headers=tus.headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    async def close(self) -> None:
        if hasattr(self, "session"):
            await self.session.close()
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.kill()
            await process.wait()
