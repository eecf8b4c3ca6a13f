"""The load of `serving`, a process of its own: connections that ask for one file again and again.

    python -m tests.bench.serving_load URL CONNECTIONS SECONDS

One thread asks all of them without rest and reads into one buffer: it needs a core of its own.
Prints one JSON object.
"""

import json
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

BUFFER = 1 << 20


@dataclass
class Tally:
    requests: int
    bytes: int  # of bodies
    seconds: float
    slowest_ms: float
    cpu: float  # seconds of this process a second


class Line:
    """A connection with one request under way."""

    def __init__(self, host: str, port: int, request: bytes) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = request
        self.length = 0
        self.ask()

    def ask(self) -> None:
        self.left = -1  # the headers have not come
        self.asked = time.perf_counter()
        self.socket.sendall(self.request)

    def took(self, buffer: memoryview, count: int) -> bool:
        """Whether the answer is whole. Raises AssertionError for one that is not the file."""
        if self.left < 0:
            head = bytes(buffer[: min(count, 4096)])
            end = head.find(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head[:100]
            assert end > 0
            lower = head[:end].lower()
            at = lower.index(b"content-length:") + 15
            self.length = int(lower[at:].split(b"\r\n", 1)[0])
            self.left = self.length + end + 4
        self.left -= count
        assert self.left >= 0
        return self.left == 0


def load(url: str, connections: int, seconds: float) -> Tally:
    place = urlsplit(url)
    request = f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode()
    host, port = place.hostname or "", place.port or 80
    poll = select.epoll()
    lines = {}
    for _ in range(connections):
        line = Line(host, port, request)
        lines[line.socket.fileno()] = line
        poll.register(line.socket.fileno(), select.EPOLLIN)
    buffer = memoryview(bytearray(BUFFER))
    tally = Tally(0, 0, 0.0, 0.0, 0.0)
    began, used = time.perf_counter(), time.process_time()
    now = began
    while now - began < seconds:
        # Never asleep: to wake a reader on another core of a virtual machine costs the server more
        # than to send 64 KB (half of its time, by `perf`), and the faster server then pays less.
        for number, _ in poll.poll(0):
            line = lines[number]
            count = line.socket.recv_into(buffer)
            assert count, "The server has closed the connection."
            if line.took(buffer, count):
                now = time.perf_counter()
                tally.requests += 1
                tally.bytes += line.length
                tally.slowest_ms = max(tally.slowest_ms, (now - line.asked) * 1e3)
                line.ask()
        now = time.perf_counter()
    tally.seconds = now - began
    tally.cpu = (time.process_time() - used) / tally.seconds
    return tally


if __name__ == "__main__":
    print(json.dumps(asdict(load(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))))
