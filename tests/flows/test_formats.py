"""Every way in which the pipeline packs a model, drawn by the client's own loader in a browser."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from assets_pipeline.model import Image, Model
from assets_pipeline.passes import Quantize, Triangulate
from assets_pipeline.readers import read
from assets_pipeline.writers import avif, ktx2, webp
from assets_pipeline.writers.glb import GlbWriter
from server.pages import add_pages, policy
from tests.assets_pipeline.examples import picture, square
from tests.flows.browser import chromium, visitor

PAGE = Path(__file__).with_name("formats.html")
GREEN = np.full((64, 64, 3), (30, 200, 60), np.uint8)
SMALL = {"viewport": {"width": 200, "height": 200}}


def green_square(folder: Path) -> Model:
    """Unlit, so that what is drawn is the texture's own colour."""
    example = square(material=0)
    texture = {"index": example.texture(picture())}
    example.document["materials"] = [
        {
            "pbrMetallicRoughness": {"baseColorTexture": texture},
            "extensions": {"KHR_materials_unlit": {}},
        }
    ]
    example.document["extensionsUsed"] = ["KHR_materials_unlit"]
    path = folder / "square.glb"
    path.write_bytes(example.glb())
    model = Triangulate()(read(path))
    return replace(model, images=(Image(pixels=GREEN, width=64, height=64),))


def packed(model: Model, codec: Literal["meshopt", "draco"], file: tuple[bytes, str]) -> bytes:
    return GlbWriter(codec=codec).write(Quantize(14, 10, 12)(model), [file])


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[TestServer]:
    """The client's files under their own policy, and a page that draws models."""
    model = green_square(tmp_path)
    files = {
        "ktx2": packed(model, "meshopt", (ktx2.encode(GREEN, "colour"), "image/ktx2")),
        "draco": packed(model, "draco", (webp.encode(GREEN, 90, "colour"), "image/webp")),
        "avif": packed(model, "meshopt", (avif.encode(GREEN, 80, "colour"), "image/avif")),
    }

    async def show(_: web.Request) -> web.FileResponse:
        return web.FileResponse(PAGE, headers={"Content-Security-Policy": policy(PAGE)})

    async def model_file(request: web.Request) -> web.Response:
        return web.Response(body=files[request.match_info["name"]])

    app = web.Application()
    add_pages(app)
    app.router.add_get("/formats", show)
    app.router.add_get("/models/{name}", model_file)
    async with TestServer(app) as server:
        yield server


@pytest.mark.browser
async def test_ktx2_draco_and_avif_are_drawn_under_the_pages_own_policy(shop: TestServer):
    async with chromium() as browser:
        person = await visitor(browser, str(shop.make_url("/formats")), **SMALL)
        await person.until("window.draw !== undefined")
        for name in ("ktx2", "draco", "avif"):
            await person.page.evaluate(f"window.draw('/models/{name}')")
            colour = await person.until("window.drawn", f"{name} is drawn")
            assert isinstance(colour, list), f"{name}: {colour}"
            assert np.abs(np.array(colour[:3]) - GREEN[0, 0]).max() <= 8, f"{name}: {colour}"
        assert person.errors == []
