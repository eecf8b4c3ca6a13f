"""The server as a process, to be killed; and a model small enough to write down."""

import asyncio
import contextlib
import json
import struct
import sys
from contextlib import asynccontextmanager

import aiohttp
import numpy as np

from tests.server.assets.tus_talk import Tus


@asynccontextmanager
async def server(data, root, **options):
    """A server process on `data`; killed at the end, if the test has not done it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.server.assets.house", str(data), json.dumps(options)),
        cwd=root,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        port = int(await process.stdout.readline())
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            yield process, Tus(session)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


def triangle(name: str = "Sign", spaces: int = 0) -> bytes:
    """The smallest GLB: one triangle of a metre; another one for each name, longer by spaces."""
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": name}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "material": 0}]}],
        "materials": [{"name": "Paint", "pbrMetallicRoughness": {"baseColorFactor": [1, 0, 0, 1]}}],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": 3,
                "type": "VEC3",
                "min": corners.min(0).tolist(),
                "max": corners.max(0).tolist(),
            }
        ],
        "bufferViews": [{"buffer": 0, "byteLength": corners.nbytes}],
        "buffers": [{"byteLength": corners.nbytes}],
    }
    text = json.dumps(document).encode()
    text += b" " * spaces
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", corners.nbytes, b"BIN\0") + corners.tobytes()
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
