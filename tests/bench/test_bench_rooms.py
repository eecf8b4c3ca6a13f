"""The bench of rooms runs, in small."""

import re
from dataclasses import replace

import pytest

from tests.bench.bench_rooms import BURST, NODE, SLOW, WORKLOADS, Bench, Workload

LAST = (
    r"bench-rooms: cpu_vs_colyseus_10x10={quotient} cpu_vs_colyseus_100x10=- "
    r"cpu_vs_floor_100x10={number} bytes_per_update={number} p99_ms_1000={number} "
    r"kb_per_client={number} slow_reader_mb={number}"
)
NUMBER = r"-?\d+(\.\d+)?"


# In small they differ only in their kinds, and each of these is measured once.
KINDS = {"5x40": ("whole",), "100x10": ("rooms", "floor"), "1x100": ()}


def small(workload: Workload) -> Workload:
    kinds = KINDS.get(workload.name, tuple(k for k in workload.kinds if k != "floor"))
    return replace(workload, rooms=2, avatars=3, kinds=kinds)


def test_each_kind_is_measured_and_the_last_line_has_its_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bench = Bench(
        rounds=1,
        seconds=0.5,
        warm=0.5,
        newcomers=6,
        workloads=tuple(map(small, WORKLOADS)),
        burst=small(BURST),
        slow=small(SLOW),
    )

    bench.run([*(workload.name for workload in WORKLOADS), "burst", "slow"])

    said = capsys.readouterr().out.splitlines()
    quotient = NUMBER if NODE.exists() else "-"
    assert re.fullmatch(LAST.format(quotient=quotient, number=NUMBER), said[-1]), said[-1]
    assert any("6 of 6 inside, 0 lost" in line for line in said)
    if not NODE.exists():
        assert any("colyseus" in line and "not installed" in line for line in said)
