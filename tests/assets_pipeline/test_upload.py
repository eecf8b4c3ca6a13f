"""`vitrine-assets upload` as a process, against a real server, over lines that break."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import zipfile
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from typer.testing import CliRunner
from yarl import URL

from assets_pipeline.bundle import bundle
from assets_pipeline.cli import app
from assets_pipeline.errors import PipelineError
from assets_pipeline.upload import Memory
from server.assets.converter import PIPELINE
from server.assets.repository import INDEXES
from server.assets.uploads import UploadLimits
from tests.server.assets.house import build, working
from tests.server.assets.process import server, triangle
from tests.server.assets.tus_talk import model
from tests.server.web import serving


@pytest.fixture
def command(tmp_path, root):
    """Starts `vitrine-assets upload …` with a home of its own."""
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME")},
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "VITRINE_KEY": "designer",
    }

    async def start(*arguments, **more: str):
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "assets_pipeline", "upload", *map(str, arguments)),
            cwd=root,
            env=environment | more,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    return start


@pytest.fixture
async def house_at(tmp_path, open_store):
    """Starts a server in this process; its address."""
    async with AsyncExitStack() as stack:

        async def start(**options) -> str:
            house = build(tmp_path / "data", await open_store(INDEXES), **options)
            client = await stack.enter_async_context(serving(house.routes))
            await stack.enter_async_context(working(house))
            return str(client.make_url("")).rstrip("/")

        yield start


async def end(process) -> tuple[int, str, str]:
    async with asyncio.timeout(90):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def address(tus) -> str:
    return str(tus.client._base_url).rstrip("/")


def events(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


@asynccontextmanager
async def bad_line(server: str, cut_after: list[int]):
    """A way to the server that breaks after so many bytes, once per number."""
    passed: list[int] = []

    async def pump(reader, writer, limit: int | None, on_end) -> None:
        left = limit
        with contextlib.suppress(ConnectionError):
            while block := await reader.read(4096):
                passed.append(len(block))
                if left is not None:
                    await asyncio.sleep(0.001)
                    left -= len(block)
                    if left < 0:
                        break
                writer.write(block)
                await writer.drain()
        on_end()

    async def connected(reader, writer):
        limit = cut_after.pop(0) if cut_after else None
        there, back = await asyncio.open_connection("127.0.0.1", URL(server).port)

        def close():
            writer.transport.abort()
            back.transport.abort()

        await asyncio.gather(pump(reader, back, limit, close), pump(there, writer, None, close))

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", passed


async def test_a_model_goes_up_and_its_files_are_listed(tmp_path, house_at, command):
    glb = tmp_path / "Sign.glb"
    glb.write_bytes(triangle())
    url = await house_at(command=PIPELINE)
    code, out, err = await end(await command(glb, "--sku", "SHOE-01", "--server", url))
    assert code == 0, err
    async with aiohttp.ClientSession() as session:
        for name in ("web.glb", "preview.glb"):
            (line,) = [line for line in out.splitlines() if line.startswith(name)]
            assert "B" in line
            async with session.get(line.split()[-1]) as answer:
                assert answer.status == 200
    assert "upload" in err
    assert "conversion" in err


async def test_json_lines_say_the_same(tmp_path, house_at, command):
    glb = tmp_path / "a.glb"
    glb.write_bytes(model())
    shell = {"VITRINE_SERVER": await house_at()}
    code, out, err = await end(await command(glb, "--json", **shell))
    assert (code, err) == (0, "")
    *progress, done = events(out)
    assert {event["event"] for event in progress} == {"progress"}
    assert done["event"] == "done"
    assert done["files"][0]["url"].startswith(shell["VITRINE_SERVER"])


async def test_a_line_that_breaks_twice_costs_only_what_was_on_the_way(tmp_path, house_at, command):
    glb, size = tmp_path / "big.glb", 2_000_000
    glb.write_bytes(model().ljust(size))
    async with bad_line(await house_at(), [800_000, 800_000]) as (url, passed):
        code, out, err = await end(await command(glb, "--server", url, "--json"))
    assert code == 0, out + err
    assert sum(passed) < size * 1.6  # twice anew would be 3.6 million


async def test_a_command_that_was_killed_goes_on_when_started_again(tmp_path, house_at, command):
    glb = tmp_path / "big.glb"
    glb.write_bytes(model().ljust(3_000_000))
    async with bad_line(await house_at(), [10**9] * 9) as (url, passed):
        first = await command(glb, "--server", url, "--json")
        async with asyncio.timeout(60):
            while sum(passed) < 1_000_000:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        first.send_signal(signal.SIGKILL)
        await first.communicate()
        await asyncio.sleep(0.3)
        passed.clear()
        code, out, err = await end(await command(glb, "--server", url, "--json"))
    assert code == 0, err
    assert sum(passed) < 2_500_000
    assert events(out)[-1]["event"] == "done"
    assert json.loads((tmp_path / "state/vitrine/uploads.json").read_text()) == {}


async def test_a_server_killed_in_the_middle_is_waited_for(tmp_path, root, command):
    glb, gate = tmp_path / "a.glb", tmp_path / "gate"
    glb.write_bytes(model(gate=str(gate)))
    async with server(tmp_path / "data", root) as (process, tus):
        port = tus.client._base_url.port
        upload = await command(glb, "--server", address(tus), "--json")
        while json.loads(await upload.stdout.readline())["step"] != "web: textures":
            continue
        process.kill()
        await process.wait()
    gate.touch()
    async with server(tmp_path / "data", root, port=port):
        code, out, err = await end(upload)
    assert code == 0, out + err


@pytest.mark.parametrize(
    ("content", "arguments", "shell", "code", "words"),
    [
        (model(), (), {"VITRINE_KEY": "nobody"}, 1, "Please sign in"),
        (model(), (), {"VITRINE_KEY": "shopper"}, 1, "Not for this role"),
        (model(), ("--sku", "SHOE-99"), {}, 1, "There is no product SHOE-99"),
        (model().ljust(2000), (), {}, 1, "the limit is 1500"),
        (model(do="fail"), (), {}, 1, "is cut off"),
        (model(), ("--server", "http://127.0.0.1:1"), {}, 3, "does not answer"),
    ],
)
async def test_what_went_wrong_is_said_plainly(
    tmp_path, house_at, command, content, arguments, shell, code, words
):
    glb = tmp_path / "a.glb"
    glb.write_bytes(content)
    url = await house_at(limits=UploadLimits(bytes=1500))
    found, _, err = await end(await command(glb, *arguments, **{"VITRINE_SERVER": url} | shell))
    assert found == code
    assert words in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a.glb"], "VITRINE_KEY"),
        (["a.glb", "--key", "k", "--sku", "A", "--sku", "B"], "one for each file"),
        (["a.glb", "--key", "k", "--server", "localhost"], "http"),
        (["--key", "k"], "FILE"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_before_anything_is_sent(arguments, words):
    result = CliRunner().invoke(app, ["upload", *arguments], env={"VITRINE_KEY": ""})
    assert result.exit_code == 2
    assert words in result.output


async def test_one_bad_model_does_not_stop_the_others(tmp_path, house_at, command):
    (tmp_path / "good.glb").write_bytes(model())
    files = [tmp_path / name for name in ("missing.glb", "good.glb")]
    code, out, err = await end(await command(*files, "--server", await house_at()))
    assert code == 1
    assert "web.glb" in out, err
    assert "missing.glb" in err


def test_a_gltf_takes_its_neighbours_along_and_makes_the_same_zip_twice(tmp_path):
    folder = tmp_path / "lamp"
    (folder / "my textures").mkdir(parents=True)
    (folder / "lamp.bin").write_bytes(b"1234")
    (folder / "my textures" / "a.png").write_bytes(b"png")
    (folder / ".hidden").write_bytes(b"x")
    uris = {"buffers": [{"uri": "lamp.bin"}], "images": [{"uri": "my%20textures/a.png"}]}
    (folder / "lamp.gltf").write_text(json.dumps(uris))
    zips = []
    for place, path in (("1", folder / "lamp.gltf"), ("2", folder / "lamp.gltf"), ("3", folder)):
        (tmp_path / place).mkdir()
        zips.append(bundle(path, tmp_path / place))
        names = sorted(zipfile.ZipFile(zips[-1]).namelist())
        assert names == ["lamp.bin", "lamp.gltf", "my textures/a.png"]
    assert zips[0].read_bytes() == zips[1].read_bytes()
    assert zips[2].name == "lamp.zip"


def test_a_model_that_stands_alone_goes_as_it_is(tmp_path):
    for name, text in (("a.glb", "x"), ("b.gltf", '{"buffers": [{"uri": "data:,"}]}')):
        (tmp_path / name).write_text(text)
        assert bundle(tmp_path / name, tmp_path) == tmp_path / name


@pytest.mark.parametrize("uri", ["../secret.bin", "/etc/hostname", "missing.bin"])
def test_a_gltf_that_names_what_it_should_not_is_refused(tmp_path, uri):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.bin").write_bytes(b"x")
    (tmp_path / "in" / "a.gltf").write_text(json.dumps({"buffers": [{"uri": uri}]}))
    with pytest.raises(PipelineError):
        bundle(tmp_path / "in" / "a.gltf", tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"k": 1}', '{"k": {"at": "x", "upload": "u"}}'])
def test_a_memory_that_is_damaged_is_empty(tmp_path, text):
    memory = Memory(tmp_path / "uploads.json")
    memory.path.write_text(text)
    assert memory.get("k") is None
    memory.put("k", "u")
    assert memory.get("k") == "u"
    memory.put("k", None)
    assert memory.get("k") is None
