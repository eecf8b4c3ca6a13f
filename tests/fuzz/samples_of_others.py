"""Healthy files of formats that printers, CAD and studios use, and of textures for GPUs."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from assets_pipeline.programs import MissingProgram
from assets_pipeline.writers import ktx2
from tests.assets_pipeline import examples
from tests.assets_pipeline.readers import fbx_example as fbx
from tests.assets_pipeline.readers.step_example import step_box
from tests.assets_pipeline.readers.test_collada import PICTURE, STRIP, TEXTURE, dae
from tests.assets_pipeline.readers.test_threemf import document
from tests.fuzz.sample import Sample, plain

WITH_TEXTURE = (
    '<m:texture2d id="5" path="/3D/Textures/oak.png" contenttype="image/png"'
    ' tilestyleu="mirror"/><m:texture2dgroup id="6" texid="5"><m:tex2coord u="0" v="0"/>'
    '<m:tex2coord u="1" v="0"/><m:tex2coord u="0" v="1"/></m:texture2dgroup>'
)
TEXTURED = '<triangle v1="0" v2="1" v3="2" pid="6" p1="0" p2="1" p3="2"/>'
PIXELS = np.random.default_rng(3).integers(0, 255, (16, 16, 3), np.uint8)
PARTS = (
    '<object id="10"><components><component objectid="9" transform="1 0 0 0 1 0 0 0 1 5 0 0"/>'
    '<component objectid="9"/></components></object>'
)
LIBRARY = '<library_nodes><node id="lib"><instance_geometry url="#board"/></node></library_nodes>'
NODES = (
    "<translate>1 2 3</translate><rotate>0 0 1 90</rotate><scale>2 2 2</scale>"
    '<instance_node url="#lib"/><node><instance_node url="#lib"/></node>'
)


def other_samples() -> Iterator[Sample]:
    """Those whose packages are here."""
    yield from _printed()
    textured = dae(shader=f"<diffuse>{TEXTURE}</diffuse>", params=PICTURE)
    files = {"board.dae": textured.encode(), "oak.png": examples.picture()}
    yield Sample("collada", "zip", files)
    yield plain("collada-nodes", "dae", dae(STRIP, node=NODES, more=LIBRARY))
    yield plain("step-box", "step", step_box())
    yield from _for_gpus()
    yield from _fbx()
    yield from _usd()


def _printed() -> Iterator[Sample]:
    textured = document(TEXTURED, groups=WITH_TEXTURE)
    parts = document(items='<item objectid="10"/>', more=PARTS)
    files = {"3D/3dmodel.model": textured.encode(), "3D/Textures/oak.png": examples.picture()}
    yield Sample("print", "3mf", files)
    yield Sample("print-parts", "3mf", {"3D/3dmodel.model": parts.encode()})


def _for_gpus() -> Iterator[Sample]:
    example = examples.textured_square()
    try:
        content = ktx2.encode(PIXELS, "colour")
    except MissingProgram:
        return
    view = example.view(content)
    example.document["images"][0] = {"bufferView": view, "mimeType": "image/ktx2"}
    example.document["textures"][0] = {"extensions": {"KHR_texture_basisu": {"source": 0}}}
    example.document["extensionsUsed"].append("KHR_texture_basisu")
    yield plain("ktx2", "glb", example.glb())


def _fbx() -> Iterator[Sample]:
    picture = fbx.texture(40, "oak.png", examples.picture())
    objects = [fbx.mesh(), fbx.model(), fbx.material(), *picture]
    yield plain("fbx-text", "fbx", fbx.text(fbx.document(objects)))
    yield plain("fbx-binary", "fbx", fbx.binary(fbx.document(objects)))
    yield plain("fbx-long", "fbx", fbx.binary(fbx.document(objects), 7500, packed=False))


def _usd() -> Iterator[Sample]:
    try:
        from tests.assets_pipeline.readers import test_usd as usd
    except ImportError:
        return
    yield plain("usd-text", "usda", usd.usda())
    picture = usd.usda(inputs=usd.TEXTURED, shaders=usd.texture("Picture", "tex/oak.png"))
    with tempfile.TemporaryDirectory() as folder:
        yield plain("usd-crate", "usdc", usd.crate(Path(folder), usd.usda()))
        files = {"a.usdc": usd.crate(Path(folder), picture), "tex/oak.png": examples.picture()}
    yield Sample("usd-package", "usdz", files, stored=True)
    files = {"a.usda": picture.encode(), "tex/oak.png": examples.picture()}
    yield Sample("usd-zip", "zip", files)
