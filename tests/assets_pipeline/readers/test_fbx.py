"""FBX, text and binary: units, axes, transforms and materials come through; what is broken is
refused."""

import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_pipeline.errors import InvalidModel, PipelineError, TooLarge, UnsupportedModel
from assets_pipeline.model import Model
from assets_pipeline.readers import Limits, read
from assets_pipeline.transforms import bounds, world_matrices
from tests.assets_pipeline import examples
from tests.assets_pipeline.readers import fbx_example as fbx
from tests.assets_pipeline.readers.fbx_example import document, material, mesh, model, node


def parsed(
    tmp_path: Path, nodes: list[fbx.Node], files: dict[str, bytes | str] | None = None
) -> Model:
    content = fbx.binary(nodes)
    if files is None:
        (tmp_path / "a.fbx").write_bytes(content)
        return read(tmp_path / "a.fbx")
    return read(examples.archive(tmp_path / "a.zip", {"board.fbx": content, **files}))


def box(found: Model) -> list[list[float]]:
    return [np.round(corner, 5).tolist() for corner in bounds(found) or ()]


FORMS = {
    "text": lambda: fbx.text(document()).encode(),
    "binary": lambda: fbx.binary(document()),
    "plain arrays": lambda: fbx.binary(document(), packed=False),
    "long": lambda: fbx.binary(document(), 7700),
}


@pytest.mark.parametrize("form", FORMS)
def test_text_and_binary_of_each_width_are_the_same_model(tmp_path: Path, form: str) -> None:
    (tmp_path / "a.bin").write_bytes(FORMS[form]())
    found = read(tmp_path / "a.bin")
    assert (found.format, [n.name for n in found.nodes]) == ("FBX", ["Board"])
    assert [m["name"] for m in found.materials] == ["Oak"]
    assert [m.name for m in found.meshes] == ["Board"]
    assert box(found) == [[0, 0, 0], [1, 0.5, 0]]
    (primitive,) = found.primitives
    points = primitive.attributes["POSITION"].array
    assert primitive.indices is not None
    for a, b, c in points[primitive.indices.reshape(-1, 3)]:
        assert np.cross(b - a, c - a)[2] > 0
    assert primitive.attributes["NORMAL"].array.tolist() == [[0, 0, 1]] * 4
    corner = np.flatnonzero((points == [0, 0, 0]).all(axis=1))[0]
    assert primitive.attributes["TEXCOORD_0"].array[corner].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ({"UnitScaleFactor": 2.54}, [0, 0, 0], [2.54, 1.27, 0]),
        ({"UpAxis": 1, "FrontAxis": 2, "FrontAxisSign": 1}, [0, 0, 0], [1, 0, 0.5]),
        ({"FrontAxisSign": 1, "CoordAxisSign": -1}, [-1, 0, 0], [0, 0.5, 0]),
    ],
)
def test_unit_and_axes_are_the_files_own(
    tmp_path: Path, said: dict[str, Any], low: list[float], high: list[float]
) -> None:
    assert box(parsed(tmp_path, document(**said))) == [low, high]


def test_left_handed_axes_mirror_the_model_and_keep_its_outside_out(tmp_path: Path) -> None:
    found = parsed(tmp_path, document(FrontAxisSign=1))
    (primitive,) = found.primitives
    assert primitive.indices is not None
    a, b, c = primitive.attributes["POSITION"].array[primitive.indices[:3]]
    normal = primitive.attributes["NORMAL"].array[0]
    assert np.cross(b - a, c - a) @ normal > 0


TURNED = {
    "Lcl_Translation": (1.0, 2.0, 3.0), "Lcl_Rotation": (10.0, 20.0, 30.0),
    "Lcl_Scaling": (1.0, 2.0, 3.0), "PreRotation": (-90.0, 5.0, 0.0),
    "PostRotation": (0.0, 40.0, 7.0), "RotationPivot": (4.0, 5.0, 6.0),
    "RotationOffset": (7.0, 8.0, 9.0), "ScalingPivot": (1.0, 0.5, 0.25),
    "ScalingOffset": (0.5, 0.25, 0.125),
}  # fmt: skip


@pytest.mark.parametrize("order", range(6))
def test_transforms_are_those_of_the_reference_loader(tmp_path: Path, order: int) -> None:
    pufbx = pytest.importorskip("pufbx", reason="pufbx, the reference, is not installed")
    said = {**TURNED, "RotationOrder": order, "RotationActive": 1}
    nodes = document([mesh(), model(**said), material()], UpAxis=1, FrontAxis=2, FrontAxisSign=1)
    found = parsed(tmp_path, nodes)
    (board,) = (n for n in pufbx.load_fbx(str(tmp_path / "a.fbx")).nodes if n.name == "Board")
    there = board.local_transform
    ours = world_matrices(found)[0]
    assert ours[:3, 3] * 100 == pytest.approx(there.translation.as_list(), abs=1e-6)
    lengths = np.linalg.norm(ours[:3, :3], axis=0)
    assert lengths == pytest.approx(there.scale.as_list())
    x, y, z, w = there.rotation.as_list()
    assert (ours[:3, :3] / lengths)[0, 0] == pytest.approx(1 - 2 * (y * y + z * z), abs=1e-6)
    assert (ours[:3, :3] / lengths)[1, 0] == pytest.approx(2 * (x * y + z * w), abs=1e-6)
    assert (ours[:3, :3] / lengths)[2, 1] == pytest.approx(2 * (y * z + x * w), abs=1e-6)


def test_children_inherit_and_geometric_transforms_do_not(tmp_path: Path) -> None:
    parent = model(21, "Stand", "Null", Lcl_Translation=(0.0, 0.0, 100.0),
                   Lcl_Rotation=(0.0, 0.0, 90.0))  # fmt: skip
    board = model(Lcl_Translation=(10.0, 0.0, 0.0), GeometricTranslation=(0.0, 0.0, 7.0))
    leg = model(22, "Leg")
    links = [(21, 0), (20, 21), (10, 20), (30, 20), (22, 20), (10, 22)]
    found = parsed(tmp_path, document([mesh(), parent, board, leg, material()], links))
    # 10–110 along x is turned to y, which is −z here; the leg is not lifted by 7.
    assert box(found) == [[0, 1, -1.1], [0, 1.57, -0.1]]
    assert len(found.meshes) == 2  # the leg has no material
    assert {n.name for n in found.nodes} == {"Stand", "Board", "Leg", None}


def test_of_levels_of_detail_the_finest_is_shown(tmp_path: Path) -> None:
    objects = [mesh(), model(21, "Levels", "LodGroup"), model(), model(22, "Coarse"), material()]
    links = [(21, 0), (20, 21), (22, 21), (10, 20), (10, 22)]
    found = parsed(tmp_path, document(objects, links))
    assert {n.name for n in found.nodes} == {"Levels", "Board"}


def test_polygons_take_their_own_materials(tmp_path: Path) -> None:
    layer = node("LayerElementMaterial", 0, inside=[
        node("MappingInformationType", "ByPolygon"),
        node("ReferenceInformationType", "IndexToDirect"),
        node("Materials", np.array([1, 0], np.int32)),
    ])  # fmt: skip
    red = node("Material", 31, "Red\0\1Material", "", inside=[node("ShadingModel", "lambert")])
    shape = mesh(polygons=[0, 1, -3, 0, 2, -4], layers=[layer])
    shape.children[3].children[4].values = [np.array([0, 1, 2, 0, 2, 3], np.int32)]
    objects = [shape, model(), material(), red]
    found = parsed(tmp_path, document(objects, [*fbx.CONNECTED, (31, 20)]))
    assert [found.materials[p.material or 0]["name"] for p in found.primitives] == ["Oak", "Red"]
    assert found.materials[1]["pbrMetallicRoughness"]["roughnessFactor"] == 1


def look(tmp_path: Path, dressed: fbx.Node, **more: Any) -> dict[str, Any]:
    (found,) = parsed(tmp_path, document([mesh(), model(), dressed], **more)).materials
    return {**found, **found["pbrMetallicRoughness"]}


def test_phong_becomes_pbr(tmp_path: Path) -> None:
    dressed = material(DiffuseColor=(1.0, 0.735, 0.0), ShininessExponent=198.0,
                       SpecularColor=(1.0, 1.0, 1.0), TransparencyFactor=0.25)  # fmt: skip
    found = look(tmp_path, dressed)
    assert found["baseColorFactor"] == pytest.approx([1, 0.5, 0, 0.75], abs=0.001)
    assert (found["metallicFactor"], found["roughnessFactor"]) == (0, pytest.approx(0.1))
    assert found["alphaMode"] == "BLEND"


def test_blenders_phong_is_pbr_in_disguise(tmp_path: Path) -> None:
    dressed = material(DiffuseColor=(1.0, 0.5, 0.0), ShininessExponent=49.0, ReflectionFactor=1.0)
    found = look(tmp_path, dressed, creator="Blender (stable FBX IO)")
    assert found["baseColorFactor"] == [1, 0.5, 0, 1]
    assert (found["metallicFactor"], found["roughnessFactor"]) == (1, pytest.approx(0.3))


@pytest.mark.parametrize(
    "names",
    [("Maya__base_color", "Maya__metallic", "Maya__roughness"),
     ("Maya__baseColor", "Maya__metalness", "Maya__specularRoughness"),
     ("3dsMax__Parameters__base_color", "3dsMax__Parameters__metalness",
      "3dsMax__Parameters__roughness")],
)  # fmt: skip
def test_pbr_of_maya_arnold_and_3ds_max_is_pbr(tmp_path: Path, names: tuple[str, ...]) -> None:
    said = dict(zip(names, [(1.0, 1.0, 0.0), 0.75, 0.25], strict=True))
    row = material("unknown", **{name.replace("_", "~"): value for name, value in said.items()})
    for held in row.children[1].children:
        held.values[0] = held.values[0].replace("~~", "|").replace("~", "_")
    found = look(tmp_path, row)
    assert found["baseColorFactor"] == [1, 1, 0, 1]
    assert (found["metallicFactor"], found["roughnessFactor"]) == (0.75, 0.25)


def test_a_product_never_vanishes_by_an_exporters_idea_of_transparency(tmp_path: Path) -> None:
    assert "alphaMode" not in look(tmp_path, material(TransparencyFactor=1.0))


def pictured(slot: str, **more: Any) -> tuple[list[fbx.Node], list[tuple[Any, ...]]]:
    objects = [mesh(), model(), material(), *fbx.texture(40, "oak.png", **more)]
    return objects, [*fbx.CONNECTED, (40, 30, slot), (41, 40)]


def test_an_embedded_picture_is_read_from_text_and_binary(tmp_path: Path) -> None:
    objects, links = pictured("DiffuseColor", content=examples.picture(), WrapModeU=1)
    nodes = document(objects, links)
    (tmp_path / "a.fbx").write_text(fbx.text(nodes))
    for found in (read(tmp_path / "a.fbx"), parsed(tmp_path, nodes)):
        assert (found.warnings, found.images[0].width) == ((), 8)
        assert found.samplers[0]["wrapS"] == 33071
        pbr = found.materials[0]["pbrMetallicRoughness"]
        assert pbr["baseColorTexture"] == {"index": 0}
        assert pbr["baseColorFactor"] == [1, 1, 1, 1]


def test_a_picture_beside_is_found_in_the_zip_and_missed_with_a_warning(tmp_path: Path) -> None:
    nodes = document(*pictured("Maya|TEX_color_map"))
    found = parsed(tmp_path, nodes, {"textures/OAK.png": examples.picture()})
    assert (found.warnings, len(found.images)) == ((), 1)
    assert "'oak.png'" in parsed(tmp_path, nodes).warnings[0]


def test_a_bump_map_becomes_a_normal_map_and_a_normal_map_stays(tmp_path: Path) -> None:
    nodes = document(*pictured("Bump"))
    heights = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (32, 1))
    (made,) = parsed(tmp_path, nodes, {"oak.png": examples.encoded(heights)}).images
    assert made.pixels is not None
    red, green, blue = made.pixels[16, 16]
    assert (red < 128, abs(int(green) - 128) <= 1, blue > 200) == (True, True, True)
    flat = np.full((8, 8, 3), (128, 128, 255), np.uint8)
    (kept,) = parsed(tmp_path, nodes, {"oak.png": examples.encoded(flat)}).images
    assert kept.data


def test_vertex_colours_are_linear_light_and_black_ones_are_left_out(tmp_path: Path) -> None:
    def coloured(value: float) -> Model:
        layer = node("LayerElementColor", 0, inside=[
            node("MappingInformationType", "AllSame"), node("ReferenceInformationType", "Direct"),
            node("Colors", np.array([value, value, value, 1.0])),
        ])  # fmt: skip
        return parsed(tmp_path, document([mesh(layers=[layer]), model(), material()]))

    colours = coloured(0.735).primitives[0].attributes["COLOR_0"].floats()
    assert colours[0].tolist() == pytest.approx([0.5, 0.5, 0.5, 1], abs=0.001)
    assert "COLOR_0" not in coloured(0.0).primitives[0].attributes


def test_bones_are_left_out_with_a_warning(tmp_path: Path) -> None:
    skin = node("Deformer", 50, "Skin\0\1Deformer", "Skin")
    found = parsed(
        tmp_path, document([mesh(), model(), material(), skin], [*fbx.CONNECTED, (50, 10)])
    )
    assert "bones" in found.warnings[0]


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        (document([mesh(polygons=[0, 1, 2, -10]), model(), material()]), "POSITION 9"),
        (document([mesh(points=[0, 0, 0, 1]), model(), material()]), "rows of 3"),
        (document([mesh([0, 0, float("nan"), 1, 0, 0, 1, 0, 5, 0, 0, 5]), model()]), "not finite"),
        (document([mesh(), model(Lcl_Translation=(1e300, 0.0, 0.0))]), "beyond"),
        (document([mesh(), model()], [(20, 20), (20, 0), (10, 20)]), "ancestor"),
        (document(UnitScaleFactor=0.0), "unit of length"),
        (document(UnitScaleFactor=float("nan")), "unit of length"),
        (document(UpAxis=7), "three axes"),
        (document(UpAxis=0), "same"),
        (document([]), "shows nothing"),
    ],
)
def test_what_is_broken_is_refused_with_what_is_wrong(
    tmp_path: Path, nodes: list[fbx.Node], said: str
) -> None:
    with pytest.raises(InvalidModel, match=said):
        parsed(tmp_path, nodes)


def test_an_array_that_bursts_is_refused(tmp_path: Path) -> None:
    content = fbx.binary(document())
    at = content.index(b"Vertices") + len(b"Vertices") + 1
    lying = content[:at] + struct.pack("<I", 2**30) + content[at + 4 :]
    (tmp_path / "a.fbx").write_bytes(lying)
    with pytest.raises(TooLarge):
        read(tmp_path / "a.fbx")


def test_nodes_that_double_at_every_level_are_refused(tmp_path: Path) -> None:
    objects = [mesh(), *(model(100 + i, f"n{i}", "Null") for i in range(40))]
    links: list[tuple[Any, ...]] = [(100, 0)]
    for i in range(39):
        links += [(101 + i, 100 + i)] * 2
    (tmp_path / "a.fbx").write_bytes(fbx.binary(document(objects, links)))
    with pytest.raises(TooLarge, match="Nodes"):
        read(tmp_path / "a.fbx", Limits(nodes=1000))


def test_records_in_records_are_refused_when_too_deep(tmp_path: Path) -> None:
    deep = node("a")
    for _ in range(100):
        deep = node("a", inside=[deep])
    for content in (fbx.binary([deep]), fbx.text([deep]).encode()):
        (tmp_path / "a.fbx").write_bytes(content)
        with pytest.raises(InvalidModel, match="deeper"):
            read(tmp_path / "a.fbx")


def test_an_old_version_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.fbx").write_bytes(fbx.binary(document(), 6100))
    with pytest.raises(UnsupportedModel, match="newer, or as GLB"):
        read(tmp_path / "a.fbx")


WHOLE = {form: make() for form, make in FORMS.items()}


@given(form=st.sampled_from(["text", "binary"]), keep=st.floats(0.02, 0.85))
@settings(max_examples=80)
def test_an_fbx_cut_anywhere_is_refused(
    tmp_path_factory: pytest.TempPathFactory, form: str, keep: float
) -> None:
    path = tmp_path_factory.mktemp("cut") / "a.fbx"
    path.write_bytes(WHOLE[form][: int(len(WHOLE[form]) * keep)])
    with pytest.raises(PipelineError):
        read(path)


@given(
    form=st.sampled_from(["text", "binary"]), at=st.floats(0.02, 0.99), value=st.integers(0, 255)
)
@settings(max_examples=200)
def test_an_fbx_with_a_wrong_byte_is_read_or_refused_but_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, form: str, at: float, value: int
) -> None:
    content = bytearray(WHOLE[form])
    content[int(len(content) * at)] = value
    path = tmp_path_factory.mktemp("wrong") / "a.fbx"
    path.write_bytes(bytes(content))
    with suppress(PipelineError):  # anything else is a crash
        read(path)
