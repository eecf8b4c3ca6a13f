"""A room over a network that loses packets, delays them and fails: nobody believes otherwise."""

import asyncio
import os
import re
import sys

import pytest

from tests.flows.lossy_link import missing
from tests.flows.process import ROOT
from tests.flows.soak import PROGRAMS

MINUTES = 0.4
COMMAND = ["-m", "tests.flows.soak", "--short", "--browsers", "0", "--minutes", str(MINUTES)]


async def test_clients_in_two_languages_agree_over_a_bad_network():
    if reason := missing():
        pytest.skip(f"no bad network can be made: {reason}")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *COMMAND,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "VITRINE_SOAK"},
        start_new_session=True,
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said[-8000:]
    last = said.strip().splitlines()[-1]
    counts = {name: int(number) for name, number in re.findall(r"'([a-z ]+)': (\d+)", last)}
    print(last)
    assert counts["agreed"] >= 2
    assert counts["outages"] >= 1
    assert counts["lines"] >= 2 * len(PROGRAMS), "no line broke, and nobody came back"
    assert min(counts[act] for act in ("grab", "move", "release")) > 0
