"""What a file is, told by its bytes; and what is said of those that are not read."""

from pathlib import Path

import pytest

from assets_pipeline.errors import NotAModel
from assets_pipeline.inputs import ENDINGS
from assets_pipeline.readers import READERS, read
from assets_pipeline.readers.sniff import sniff
from assets_pipeline.readers.source import MODELS
from server.assets.file import EXTENSIONS
from tests.assets_pipeline import examples
from tests.assets_pipeline.readers import fbx_example
from tests.assets_pipeline.readers.step_example import step_box
from tests.assets_pipeline.readers.test_collada import dae
from tests.assets_pipeline.readers.test_threemf import document

FBX = fbx_example.document()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (dae().encode(), "dae"),
        (b"\xef\xbb\xbf\n" + dae().encode(), "dae"),
        (fbx_example.binary(FBX), "fbx"),
        (fbx_example.text(FBX).encode(), "fbx"),
        (step_box().encode(), "step"),
        (b"\r\n" + step_box().encode(), "step"),
        (b"#usda 1.0\n", "usd"),
        (b"PXR-USDC\0", "usd"),
        (b"<?xml version='1.0'?><svg/>", "an XML document"),
        (b"#VRML V2.0 utf8\n", "vrml"),
        (b"BLENDER-v300", "blend"),
    ],
)
def test_the_content_says_what_it_is(content: bytes, kind: str) -> None:
    assert sniff(content, len(content)) == kind


def test_a_name_that_lies_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.stl").write_text(dae())
    assert read(tmp_path / "a.stl").format == "COLLADA"
    path = examples.archive(tmp_path / "a.glb", {"3D/3dmodel.model": document()})
    assert read(path).format == "3MF"


def test_a_zip_inside_a_zip_is_named(tmp_path: Path) -> None:
    inner = examples.obj_archive(tmp_path / "inner.zip").read_bytes()
    with pytest.raises(NotAModel, match=r"a zip with a zip inside, 'deep/inner\.zip'"):
        read(examples.archive(tmp_path / "a.zip", {"deep/inner.zip": inner}))


def test_every_kind_has_its_reader_and_every_ending_is_taken_everywhere() -> None:
    assert set(READERS) == set(MODELS)
    assert set(EXTENSIONS) == ENDINGS
    assert {f".{kind}" for kind in MODELS} <= ENDINGS
