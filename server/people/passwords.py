"""Argon2id in a thread: a hash costs ~50 ms of one core, which the event loop has no time for."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

THREADS: Final = 2  # of their own: each takes 64 MiB, and uploads need the others
T = TypeVar("T")


class Passwords:
    """RFC 9106's low-memory parameters, argon2-cffi's default."""

    def __init__(self) -> None:
        self.hasher = PasswordHasher()
        self.threads = ThreadPoolExecutor(THREADS, "passwords")
        self.decoy = self.hasher.hash("no account has this password")

    async def hash(self, password: str) -> str:
        return await self._in_thread(lambda: self.hasher.hash(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """False for a wrong password; None as hash (no such account) takes as long as any other."""
        return await self._in_thread(lambda: self._verify(password_hash, password))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        try:
            self.hasher.verify(password_hash or self.decoy, password)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None
