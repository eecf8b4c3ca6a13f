"""The bench of two nodes runs, in small."""

import re

import pytest

from tests.bench.two_nodes import Ladder, two_nodes


def test_people_are_counted_on_one_node_and_on_two(capsys: pytest.CaptureFixture[str]) -> None:
    ladder = Ladder(step=4, rungs=2, seconds=0.5, warm=0.3, limit_ms=10_000)
    assert two_nodes(ladder) == 2.0  # nobody was late: the ladder ends at so many people
    lines = capsys.readouterr().out.splitlines()
    assert re.search(r"2 nodes +16 people, p99 +\d+ ms; .* lost 0$", lines[-2])
    assert "2.00 times as many" in lines[-1]
