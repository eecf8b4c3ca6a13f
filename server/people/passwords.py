"""Argon2id in a thread: a hash costs ~50 ms of one core, which the event loop has no time for."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    """RFC 9106's low-memory parameters, argon2-cffi's default."""

    def __init__(self) -> None:
        self.hasher = PasswordHasher()
        self.decoy = self.hasher.hash("no account has this password")

    async def hash(self, password: str) -> str:
        return await asyncio.to_thread(self.hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """False for a wrong password; None as hash (no such account) takes as long as any other."""
        return await asyncio.to_thread(self._verify, password_hash, password)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        try:
            self.hasher.verify(password_hash or self.decoy, password)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None
