"""What the GLB writer stores, and which extensions it says a reader needs."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets_pipeline.model import Model
from assets_pipeline.readers import read
from assets_pipeline.readers.container import open_glb
from assets_pipeline.readers.limits import Limits
from assets_pipeline.recipes import compact
from assets_pipeline.writers.glb import GlbWriter, short
from tests.assets_pipeline import examples


def example(folder: Path, made: examples.GltfExample) -> Model:
    path = folder / "example.glb"
    path.write_bytes(made.glb())
    return read(path)


@pytest.mark.parametrize(
    ("mime", "extension"),
    [
        ("image/avif", "EXT_texture_avif"),
        ("image/webp", "EXT_texture_webp"),
        ("image/ktx2", "KHR_texture_basisu"),
    ],
)
def test_a_picture_beyond_core_gltf_hangs_in_its_extension(
    tmp_path: Path, mime: str, extension: str
) -> None:
    model = example(tmp_path, examples.textured_square())
    pictures = [(image.data, image.mime) for image in model.images]
    pictures[1] = (b"anything", mime)

    document, _ = open_glb(GlbWriter().write(model, pictures), Limits())

    assert document["extensionsRequired"] == [extension]
    assert document["textures"][1] == {"extensions": {extension: {"source": 1}}}
    assert document["textures"][0] == {"source": 0}


@pytest.mark.parametrize("khr", [False, True])
def test_both_meshopt_extensions_give_back_what_was_written(tmp_path: Path, khr: bool) -> None:
    model = example(tmp_path, examples.moving_square())
    for step in compact(14, 10, 13):
        model = step(model)
    path = tmp_path / "packed.glb"
    path.write_bytes(GlbWriter("meshopt", khr=khr).write(model))

    document, _ = open_glb(path.read_bytes(), Limits())
    name = "KHR_meshopt_compression" if khr else "EXT_meshopt_compression"
    assert name in document["extensionsRequired"]
    for ours, theirs in zip(model.primitives, read(path).primitives, strict=True):
        assert ours.indices is not None
        assert theirs.indices is not None
        assert ours.indices.tolist() == theirs.indices.tolist()
        for attribute, values in ours.attributes.items():
            np.testing.assert_array_equal(values.array, theirs.attributes[attribute].array)


@given(st.floats(-1e6, 1e6))
def test_a_number_keeps_its_32_bits_in_fewer_digits(number: float) -> None:
    stored = json.loads(json.dumps(short(number)))
    assert np.float32(stored) == np.float32(number)
    assert len(json.dumps(stored)) <= len(json.dumps(number))


def test_a_number_too_large_for_32_bits_is_left_alone() -> None:
    assert short(1.7976931348623157e308) == 1.7976931348623157e308


def test_what_is_not_gltfs_own_keeps_every_digit() -> None:
    entry = {"a": [0.1234567890123], "extras": {"b": 0.1234567890123}, "ACME_c": 0.1234567890123}
    assert short(entry) == {
        "a": [0.12345679],
        "extras": {"b": 0.1234567890123},
        "ACME_c": 0.1234567890123,
    }
