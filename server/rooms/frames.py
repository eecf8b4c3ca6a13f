"""Websocket frames as a client sends them (RFC 6455 section 5.2), without a parser."""

from typing import Final

POSE: Final = b'451-["pose",{"_placeholder":true,"num":0}]'  # as every stock client writes it
MASK: Final = 4  # bytes
HEAD: Final = 2 + MASK  # bytes before the payload of a short masked frame
PONG_BYTES: Final = HEAD + 1  # of Engine.IO's, a text frame
PONG: Final = ord("3")


def unmask(mask: bytes, payload: bytes) -> bytes:
    """One payload (RFC 6455 section 5.3)."""
    size = len(payload)
    key = (mask * (size // MASK + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(size)


def is_pong(piece: bytes) -> bool:
    """Whether it is the answer to a ping of Engine.IO's, and nothing else."""
    return len(piece) == PONG_BYTES and piece[:2] == b"\x81\x81" and piece[2] ^ piece[6] == PONG


class Borders:
    """Where frames end in a stream of them, whatever the pieces it comes in."""

    __slots__ = ("_begun", "_left", "_unfinished")

    def __init__(self) -> None:
        self._left = 0  # bytes of the frame that is coming
        self._begun = b""  # a head that is not whole yet
        self._unfinished = False  # a message of several frames is coming

    @property
    def between(self) -> bool:
        """Whether all that came are whole messages."""
        return not (self._left or self._begun or self._unfinished)

    def pass_(self, data: bytes) -> None:
        """This came next."""
        data, self._begun = self._begun + data, b""
        at = 0
        while at < len(data):
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
                continue
            size = frame_size(data[at : at + 14])
            if size is None:
                self._begun = data[at:]
                return
            if data[at] & 0x0F <= 2:  # text, binary or more of either; not a ping
                self._unfinished = not data[at] & 0x80
            self._left = size


def frame_size(head: bytes) -> int | None:
    """Bytes of the frame that begins so, its head included; None while that is not clear."""
    if len(head) < 2:
        return None
    mask, size = MASK if head[1] & 0x80 else 0, head[1] & 0x7F
    if size < 126:
        return 2 + mask + size
    end = 4 if size == 126 else 10
    return None if len(head) < end else end + mask + int.from_bytes(head[2:end])
