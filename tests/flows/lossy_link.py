"""A bad network between two network namespaces: packets are lost, late, and out of order.

`tc netem` does it where the kernel has it. Many small kernels do not; there a pair of TUN devices
with this program between them does the same to real IP packets, so TCP sees real loss either way.
Needs the right to make namespaces: root, or user namespaces.
"""

import fcntl
import heapq
import os
import random
import select
import shutil
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
HERE, THERE = "10.77.0.1", "10.77.0.2"
MTU = 1500


@dataclass
class Weather:
    """What happens to each packet, either way."""

    loss: float = 0.03
    delay_seconds: float = 0.040
    jitter_seconds: float = 0.015
    reorder: float = 0.01  # of packets overtake all others
    down: bool = False  # nothing gets through

    def arrival(self, now: float, dice: random.Random) -> float | None:
        """When it comes out at the other end; None: never."""
        if self.down or dice.random() < self.loss:
            return None
        if dice.random() < self.reorder:
            return now
        return now + self.delay_seconds + dice.uniform(-1, 1) * self.jitter_seconds


def tun(name: str) -> int:
    """A new device, whose packets are read and written here."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


@dataclass
class Link:
    """Carries packets between two devices until it is closed."""

    ends: tuple[int, int]
    weather: Weather
    dice: random.Random = field(default_factory=lambda: random.Random(5))
    carried: int = 0
    lost: int = 0
    _stop: bool = False

    def run(self) -> None:
        waiting: list[tuple[float, int, int, bytes]] = []
        number = 0
        while not self._stop:
            now = time.monotonic()
            while waiting and waiting[0][0] <= now:
                _, _, end, packet = heapq.heappop(waiting)
                self._write(end, packet)
            pause = min(0.05, waiting[0][0] - now) if waiting else 0.05
            for end in select.select(self.ends, [], [], pause)[0]:
                packet = os.read(end, MTU + 100)
                at = self.weather.arrival(time.monotonic(), self.dice)
                if at is None:
                    self.lost += 1
                    continue
                number += 1
                other = self.ends[1] if end == self.ends[0] else self.ends[0]
                heapq.heappush(waiting, (at, number, other, packet))

    def _write(self, end: int, packet: bytes) -> None:
        try:
            os.write(end, packet)
            self.carried += 1
        except BlockingIOError:  # its queue is full: lost, as on any network
            self.lost += 1

    def close(self) -> None:
        self._stop = True


def missing() -> str | None:
    """Why no such network can be made here; None: it can."""
    for tool in ("ip", "nsenter", "unshare"):
        if shutil.which(tool) is None:
            return f"`{tool}` is not installed (util-linux, iproute2)"
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun"
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return None if tried.returncode == 0 else "network namespaces are not allowed here"


def sh(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def bad_network(weather: Weather) -> Iterator[tuple[Link, list[str]]]:
    """The link, and the prefix of a command that runs at its far end.

    What listens on HERE is reached from there. Call it in a network namespace of one's own.
    """
    far = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
    inside = ["nsenter", f"--target={far.pid}", "--net"]
    try:
        time.sleep(0.3)  # until it has its namespace
        ends = tun("near"), tun("far")
        sh("ip", "link", "set", "far", "netns", str(far.pid))
        sh("ip", "link", "set", "lo", "up")
        sh("ip", "addr", "add", HERE, "peer", THERE, "dev", "near")
        sh("ip", "link", "set", "near", "up")
        sh(*inside, "ip", "link", "set", "lo", "up")
        sh(*inside, "ip", "addr", "add", THERE, "peer", HERE, "dev", "far")
        sh(*inside, "ip", "link", "set", "far", "up")
        link = Link(ends, weather)
        carrying = threading.Thread(target=link.run, daemon=True)
        carrying.start()
        yield link, inside
        link.close()
        carrying.join(2)
        for end in ends:
            os.close(end)
    finally:
        far.kill()
        far.wait()
