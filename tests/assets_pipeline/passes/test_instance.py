"""Many places of one mesh become one draw call, in the same places."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assets_pipeline.describe import draw_calls, keepsakes
from assets_pipeline.model import Mesh, Model, Node, Primitive, Values
from assets_pipeline.passes import Instance, Quantize
from assets_pipeline.readers import read
from assets_pipeline.readers.container import open_glb
from assets_pipeline.readers.limits import Limits
from assets_pipeline.transforms import placed_primitives
from assets_pipeline.writers.glb import GlbWriter
from tests.assets_pipeline import examples


def fence(**more: Any) -> Model:
    """Six posts below a turned parent, each turned and scaled in its own way."""
    post = Primitive(
        {"POSITION": Values(np.array(examples.SQUARE, np.float32), "VEC3")},
        np.array(examples.SQUARE_INDICES, np.uint32),
        material=0,
    )
    posts = [
        Node(mesh=0, translation=(i, 0.1 * i, 0), rotation=(0, 0.6, 0, 0.8), scale=(1, 1 + i, 1))
        for i in range(6)
    ]
    parent = Node(name="fence", children=tuple(range(1, 7)), rotation=(0.6, 0, 0, 0.8))
    return Model(
        meshes=(Mesh((post,), name="post"),),
        nodes=(parent, *(replace(node, **more) for node in posts)),
        scenes=({"nodes": [0]},),
        scene=0,
        materials=({},),
        asset={"version": "2.0"},
    )


def shown(model: Model) -> NDArray[np.float64]:
    points = np.vstack([points for _, points in placed_primitives(model)])
    ordered: NDArray[np.float64] = points[np.lexsort(np.round(points, 2).T)]
    return ordered


@pytest.mark.parametrize("quantized", [False, True])
def test_instances_stand_where_the_nodes_stood(tmp_path: Path, quantized: bool) -> None:
    model = Instance()(fence())
    assert draw_calls(model) == 1
    assert len(model.nodes) == 2
    if quantized:
        model = Quantize()(model)
        assert model.primitives[0].attributes["POSITION"].array.dtype == np.uint16
    path = tmp_path / "fence.glb"
    path.write_bytes(GlbWriter("meshopt").write(model))
    assert np.abs(shown(read(path)) - shown(fence())).max() <= 0.0002
    document, _ = open_glb(path.read_bytes(), Limits())
    assert "EXT_mesh_gpu_instancing" in document["extensionsRequired"]


@pytest.mark.parametrize("more", [{"name": "post"}, {"extras": {"part": 1}}, {"scale": (1, -1, 1)}])
def test_nodes_that_mean_something_stay_nodes(more: dict[str, Any]) -> None:
    model = fence(**more)
    assert Instance()(model) is model


def test_glass_stays_apart_for_it_is_sorted() -> None:
    model = replace(fence(), materials=({"alphaMode": "BLEND"},))
    assert Instance()(model) is model


def test_few_places_stay_nodes() -> None:
    model = fence()
    assert Instance(least=7)(model) is model


def test_nothing_that_an_author_put_in_is_lost() -> None:
    assert keepsakes(Instance()(fence())) == keepsakes(fence())
