"""A designer sends a model from the terminal; the showroom has it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import aiohttp

from tests.flows.process import DEMO, ROOT

VALIDATE = ROOT / "tests" / "assets_pipeline" / "validate.mjs"


def upload(server, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`vitrine-assets upload` as a person would call it."""
    access = server.access()
    return subprocess.run(
        [sys.executable, "-m", "assets_pipeline", "upload", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={
            **os.environ,
            "VITRINE_SERVER": server.url,
            "VITRINE_KEY": access["key"],
            "COLUMNS": "120",
            **environment,
        },
    )


async def test_a_model_goes_from_the_terminal_into_the_showroom(demo, api, tmp_path: Path):
    shutil.copy(DEMO / "models" / "vase.glb", tmp_path / "new-vase.glb")
    _, before = await api().get("/api/products/VASE-01")
    done = upload(demo, str(tmp_path / "new-vase.glb"), "--sku", "VASE-01")
    assert done.returncode == 0, done.stderr + done.stdout
    _, after = await api().get("/api/products/VASE-01")
    assert after["asset"] != before["asset"]
    assert {file["profile"] for file in after["files"]} == {
        "web",
        "headset",
        "universal",
        "preview",
        "quick-look",
    }
    for file in after["files"]:
        assert file["url"] in done.stdout
    async with aiohttp.ClientSession(demo.url) as session:
        for file in after["files"]:
            async with session.get(file["url"]) as answer:
                content = await answer.read()
                assert (answer.status, len(content)) == (200, file["bytes"])
                (tmp_path / file["name"]).write_bytes(content)
    for file in after["files"]:
        if file["media_type"] == "model/gltf-binary":
            assert validator_errors(tmp_path / file["name"]) == 0
    await put_back(demo, before)


def validator_errors(file: Path) -> int:
    """As the official validator counts them."""
    command = ["node", str(VALIDATE), str(file)]
    report = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(report.stdout)["errors"]


async def put_back(demo, product):
    """The other journeys look at the vase as well."""
    access = demo.access()
    headers = {"Authorization": f"Bearer {access['key']}"}
    kept = ("names", "descriptions", "price", "dimensions", "variants", "asset")
    body = {name: product[name] for name in kept}
    async with (
        aiohttp.ClientSession(demo.url, headers=headers) as session,
        session.put(f"/api/products/{product['sku']}", json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()


def test_a_wrong_key_an_unknown_product_and_an_absent_server_say_what_to_do(demo, tmp_path: Path):
    model = str(DEMO / "models" / "vase.glb")
    wrong = upload(demo, model, "--sku", "VASE-01", VITRINE_KEY="vk_no_no")
    assert wrong.returncode == 1
    assert "vitrine keys create" in wrong.stderr + wrong.stdout
    unknown = upload(demo, model, "--sku", "NO-SUCH")
    assert unknown.returncode == 1
    assert "NO-SUCH" in unknown.stderr + unknown.stdout
    absent = upload(demo, model, "--server", "http://127.0.0.1:9")
    assert absent.returncode == 3
    assert "127.0.0.1:9" in absent.stderr + absent.stdout


def test_a_damaged_model_is_refused_with_its_reason(demo, tmp_path: Path):
    whole = (DEMO / "models" / "vase.glb").read_bytes()
    (tmp_path / "cut.glb").write_bytes(whole[: len(whole) // 2])
    done = upload(demo, str(tmp_path / "cut.glb"), "--json")
    assert done.returncode == 1
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert events[-1]["event"] == "failed"
    assert events[-1]["error"]["detail"]
