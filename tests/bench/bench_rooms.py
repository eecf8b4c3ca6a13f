"""What a pose costs: 10 rooms of 10 people at 20 Hz, beside a stock Socket.IO relay.

    python -m tests.bench.bench_rooms [--seconds 5] [--rounds 3] [--plain]

Server and load are processes of their own; the rounds of the servers alternate, so that both see
the same machine. CPU is the server process's user and system time. An update is one avatar's pose
delivered to one client. A room's frame is the same for all and carries one's own pose too; the
figure without these is printed beside. The relay leaves the sender out.

Seen on 2 cores shared with other work (load 4 to 8): rooms 5.0 to 7.5 ms, plain path 18 to 22,
relay 46 to 57, which is all that one core has (it falls behind: see its latency). perf puts a third
of ours into the kernel, led by waking up for every arriving pose, then the writes; no function of
ours is above 5 %. A 20 Hz tick instead of 30 gave 35.7 instead of 37.9 bytes and 5 ms more latency
at the median; what it saves in CPU was lost in the noise.
"""

import argparse
import json
import subprocess
import sys
from statistics import median
from typing import Any

ROOMS, AVATARS, HERTZ = 10, 10, 20


class Server:
    """A process of room_server.py."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.room_server", kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]
        self.runs: list[dict[str, Any]] = []

    def measure(self, seconds: float) -> None:
        command = [
            *(sys.executable, "-m", "tests.bench.room_load", self.url, str(self.process.pid)),
            *(["--tickets"] if self.kind != "relay" else []),
            *("--clients", str(ROOMS * AVATARS), "--hz", str(HERTZ), "--seconds", str(seconds)),
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        self.runs.append(json.loads(done.stdout))
        print(f"  {self.kind:6}", self.line(self.runs[-1]), flush=True)

    def line(self, run: dict[str, Any]) -> str:
        late = run["latencies"]
        rate = run["updates"] / run["seconds"]
        return (
            f"{cpu_per_1k(run):7.2f} ms/1k {run['bytes'] / run['updates']:7.1f} B/update "
            f"p50 {percentile(late, 50):3} ms  p99 {percentile(late, 99):3} ms "
            f"{rate:8.0f} updates/s"
        )

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)


def cpu_per_1k(run: dict[str, Any]) -> float:
    return float(run["cpu_ms"] / run["updates"] * 1000)


def percentile(ordered: list[int], share: int) -> int:
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=5, help="of one measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plain", action="store_true", help="our rooms without the fast lane too")
    options = parser.parse_args()
    kinds = ["rooms", *(["plain"] if options.plain else []), "relay"]
    servers = [Server(kind) for kind in kinds]
    print(f"{ROOMS} rooms x {AVATARS} avatars x {HERTZ} Hz, poses with hands (29 bytes)")
    try:
        for _ in range(options.rounds):
            for server in servers:
                server.measure(options.seconds)
    finally:
        for server in servers:
            server.close()
    ours, peer = servers[0], servers[-1]
    own = median(cpu_per_1k(run) for run in ours.runs)
    other = median(cpu_per_1k(run) for run in peer.runs)
    late = sorted(ms for run in ours.runs for ms in run["latencies"])
    others = own * median(run["updates"] / (run["updates"] - run["own"]) for run in ours.runs)
    size = sum(run["bytes"] for run in ours.runs) / sum(run["updates"] for run in ours.runs)
    print(f"RSS per client: {ours.runs[0]['rss_per_client'] / 1000:.0f} KB")
    print(f"without one's own poses: {others:.2f} ms per 1,000 updates")
    print(f"p50 latency: {percentile(late, 50)} ms, the tick's wait included")
    print(f"stock relay: {other:.2f} ms per 1,000 updates; ours / relay = {own / other:.3f}")
    print(
        f"bench-rooms: cpu_ms_per_1k={own:.2f} bytes_per_update={size:.1f} "
        f"p99_ms={percentile(late, 99)}"
    )


if __name__ == "__main__":
    main()
