"""Links to what is not for everybody: signed for one asset, and for a while.

The grant is a part of the path, so a page finds what lies beside it by relative links.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from server.errors import Forbidden

LIFETIME: Final = timedelta(hours=1)
MAC_BYTES: Final = 16  # of HMAC-SHA-256


class GrantRefused(Forbidden):
    type = "link-refused"
    title = "This link is not valid any more"
    detail = "Ask GET /api/assets/{asset} for a new one: it holds for an hour."


@dataclass(frozen=True, slots=True)
class Grants:
    """Issued and checked with one secret, which all nodes share."""

    key: bytes
    lifetime: timedelta = LIFETIME

    @classmethod
    def of(cls, secret: bytes) -> "Grants":
        """With a key of their own: what signs links signs nothing else."""
        return cls(hmac.digest(secret, b"private files of assets", hashlib.sha256))

    def issue(self, asset: str, now: datetime) -> str:
        until = int((now + self.lifetime).timestamp())
        return f"{until:x}-{self._mac(asset, until)}"

    def check(self, asset: str, grant: str, now: datetime) -> None:
        """Raises GrantRefused."""
        end, _, mac = grant.partition("-")
        try:
            until = int(end, 16) if len(end) <= 12 else 0
        except ValueError:
            until = 0
        good = hmac.compare_digest(mac.encode(), self._mac(asset, until).encode())
        if not good or until <= now.timestamp():
            raise GrantRefused(asset=asset)

    def _mac(self, asset: str, until: int) -> str:
        said = f"{asset}\n{until}".encode()
        mac = hmac.digest(self.key, said, hashlib.sha256)[:MAC_BYTES]
        return base64.urlsafe_b64encode(mac).decode().rstrip("=")
