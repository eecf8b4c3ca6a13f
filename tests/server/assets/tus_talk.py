"""The tus protocol spoken by hand, so that tests can say it wrong; and waiting for an asset."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable

from server.assets.asset import Asset, Status
from tests.server.web import bearer

STREAM = "application/offset+octet-stream"


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def metadata(**facts: str) -> str:
    return ",".join(f"{key} {b64(value)}" for key, value in facts.items())


def model(**orders) -> bytes:
    """A model that tells the stand-in pipeline what to do."""
    return json.dumps(orders).encode()


def sha256(content: bytes) -> str:
    return "sha256 " + b64(hashlib.sha256(content).digest())


class Tus:
    def __init__(self, client, role: str = "designer") -> None:
        self.client = client
        self.headers = {"Tus-Resumable": "1.0.0", **bearer(role)}

    def create(self, length, *, filename="shoe.glb", body=None, headers=(), **facts):
        given = {
            "Upload-Length": str(length),
            "Upload-Metadata": metadata(filename=filename, **facts),
            **({"Content-Type": STREAM} if body is not None else {}),
        }
        sent = self.headers | given | dict(headers)
        return self.client.post("/api/uploads", headers=sent, data=body)

    async def begin(self, length, **facts) -> str:
        """The new upload's address."""
        async with self.create(length, **facts) as answer:
            assert answer.status == 201, await answer.text()
            return answer.headers["Location"]

    def patch(self, url, offset, body, **headers):
        given = {"Upload-Offset": str(offset), "Content-Type": STREAM}
        return self.client.patch(url, headers=self.headers | given | headers, data=body)

    def head(self, url):
        return self.client.head(url, headers=self.headers)

    async def offset(self, url) -> int:
        async with self.head(url) as answer:
            assert answer.status == 200
            return int(answer.headers["Upload-Offset"])

    async def send(self, content: bytes, **facts) -> str:
        """A whole upload; the asset's id."""
        url = await self.begin(len(content), **facts)
        async with self.patch(url, 0, content) as answer:
            assert answer.status == 204, await answer.text()
            return answer.headers["Vitrine-Asset"]


async def until(true: Callable[[], bool]) -> None:
    """Look again and again; nothing here tells us when."""
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def ended(assets, id: str) -> Asset:
    """The asset once its conversion has ended."""
    async with asyncio.timeout(60):
        while True:
            asset = await assets.get(id)
            if asset.status in {Status.READY, Status.FAILED}:
                return asset
            await asyncio.sleep(0.05)
