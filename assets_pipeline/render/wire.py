"""What client and server say to each other: a line of JSON, then bytes."""

import json
import socket
import struct
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.render.views import Background, Frame, Shot, View

LENGTHS = struct.Struct("<II")
Json = dict[str, Any]
Picture = NDArray[np.uint8]  # (size, size, 4), straight RGBA


def send(connection: socket.socket, header: Json, body: bytes = b"") -> None:
    text = json.dumps(header).encode()
    connection.sendall(LENGTHS.pack(len(text), len(body)) + text)
    connection.sendall(body)


def receive(connection: socket.socket) -> tuple[Json, bytes]:
    """Raises EOFError when the other side has gone."""
    text, body = LENGTHS.unpack(_exactly(connection, LENGTHS.size))
    header: Json = json.loads(_exactly(connection, text))
    return header, _exactly(connection, body)


def _exactly(connection: socket.socket, count: int) -> bytes:
    content = bytearray(count)
    view = memoryview(content)
    while view:
        got = connection.recv_into(view)
        if not got:
            raise EOFError
        view = view[got:]
    return bytes(content)


def order(shots: Sequence[Shot], frame: Frame | None, ground: str = "") -> Json:
    box = frame and asdict(frame)
    return {"shots": [asdict(shot) for shot in shots], "frame": box, "ground": ground}


def ordered(header: Json) -> tuple[list[Shot], Frame | None, str]:
    box = header["frame"]
    frame = Frame(tuple(box["low"]), tuple(box["high"])) if box else None
    return [_shot(**shot) for shot in header["shots"]], frame, header["ground"]


def _shot(view: Json, background: str, **rest: Any) -> Shot:
    seen = View(view["name"], tuple(view["direction"]))
    return Shot(seen, background=Background(background), **rest)


def pack(pictures: Sequence[Picture]) -> tuple[Json, bytes]:
    sizes = [len(picture) for picture in pictures]
    return {"sizes": sizes}, b"".join(picture.tobytes() for picture in pictures)


def unpack(header: Json, body: bytes) -> list[Picture]:
    flat, pictures = np.frombuffer(body, np.uint8), []
    for size in header["sizes"]:
        pictures.append(flat[: size * size * 4].reshape(size, size, 4))
        flat = flat[size * size * 4 :]
    return pictures
