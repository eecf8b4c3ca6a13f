"""What the pages for app developers show works as it stands there."""

import asyncio
import re
import sys
from pathlib import Path

import pytest

PAGES = {"python": "python.md", "js": "javascript.md"}


def snippets(root: Path, language: str) -> list[str]:
    text = (root / "docs" / "rooms" / PAGES[language]).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


async def ran(command: list[str], text: str, where: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=where,
    )
    said, _ = await asyncio.wait_for(process.communicate(text.encode()), 60)
    assert process.returncode == 0, said.decode()
    return said.decode()


@pytest.mark.parametrize("number", [0, 1])
async def test_the_python_examples_run(demo, root: Path, number: int) -> None:
    text = snippets(root, "python")[number].replace("http://localhost:8080", demo.url)
    said = await ran([sys.executable, "-"], text, root)
    assert re.search(r"^revision \d+ with \d+ (others|things)$", said, re.MULTILINE), said


@pytest.mark.parametrize(("number", "said_by_it"), [(0, "Ada: Good morning"), (1, "Hello")])
async def test_the_javascript_examples_run(demo, root: Path, number: int, said_by_it: str) -> None:
    text = snippets(root, "js")[number]
    module = (root / "client_demo" / "js" / "vitrine-room.js").as_uri()
    text = text.replace("http://localhost:8080", demo.url).replace("./vitrine-room.js", module)
    said = await ran(["node", "--input-type=module", "-"], text, root / "client_demo")
    assert re.search(r"revision \d+, \d+ things", said)
    assert said_by_it in said


def test_the_worked_example_of_a_pose_is_one_of_the_vectors(root: Path) -> None:
    text = (root / "docs" / "rooms" / "headset.md").read_text()
    example = text.split("An example,")[1].split("```")[1]
    pairs = re.findall(r"^((?:[0-9a-f]{2} )+) ", example, re.MULTILINE)
    hexadecimal = "".join(pairs).replace(" ", "")
    assert f'"{hexadecimal}"' in (root / "tests" / "vectors" / "pose.json").read_text()
