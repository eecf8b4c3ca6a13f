"""3MF: units, parts, colours and textures come through; what is broken or bursts is refused."""

import resource
import zipfile
from pathlib import Path

import numpy as np
import pytest

from assets_pipeline.errors import InvalidModel, PipelineError, TooLarge, UnsafeArchive
from assets_pipeline.model import Model
from assets_pipeline.passes import Place, Unit
from assets_pipeline.readers import Limits, read
from assets_pipeline.transforms import bounds
from tests.assets_pipeline import examples

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
MORE = "http://schemas.microsoft.com/3dmanufacturing/material/2015/02"
PARTS = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
CORNERS = '<vertex x="0" y="0" z="0"/><vertex x="10" y="0" z="0"/><vertex x="0" y="20" z="0"/>'
TRIANGLE = '<triangle v1="0" v2="1" v3="2"/>'
ITEM = '<item objectid="9"/>'


def document(
    triangles: str = TRIANGLE,
    *,
    groups: str = "",
    said: str = "",
    items: str = ITEM,
    more: str = "",
) -> str:
    """A right triangle of 10 × 20 that lies on the plate, as object 9."""
    mesh = f"<mesh><vertices>{CORNERS}</vertices><triangles>{triangles}</triangles></mesh>"
    return (
        f'<?xml version="1.0"?><model {said} xmlns="{CORE}" xmlns:m="{MORE}" xmlns:p="{PARTS}">'
        f'<resources>{groups}<object id="9" name="wedge">{mesh}</object>{more}</resources>'
        f"<build>{items}</build></model>"
    )


def packed(tmp_path: Path, model: str, files: dict[str, bytes | str] | None = None) -> Path:
    return examples.archive(tmp_path / "a.3mf", {"3D/3dmodel.model": model, **(files or {})})


def size(model: Model) -> list[float]:
    low, high = bounds(model) or (np.zeros(3), np.zeros(3))
    return [round(float(x), 6) for x in high - low]


@pytest.mark.parametrize(
    ("said", "metre"),
    [("", 0.001), ('unit="micron"', 1e-6), ('unit="inch"', 0.0254), ('unit="foot"', 0.3048),
     ('unit="meter"', 1), ('unit="centimeter"', 0.01)],
)  # fmt: skip
def test_the_unit_is_the_files_own_and_what_lay_on_the_plate_lies_on_the_ground(
    tmp_path: Path, said: str, metre: float
) -> None:
    model = read(packed(tmp_path, document(said=said)))
    assert size(model) == pytest.approx([10 * metre, 0, 20 * metre], abs=1e-6)
    assert (model.format, model.metres, model.up) == ("3MF", metre, "z")
    low, high = bounds(Place()(model)) or (np.zeros(3), np.zeros(3))
    assert (low + high).tolist() == pytest.approx([0, 0, 0], abs=1e-6)


def test_a_given_unit_wins(tmp_path: Path) -> None:
    model = Place(Unit.INCHES)(read(packed(tmp_path, document())))
    assert size(model) == pytest.approx([0.254, 0, 0.508])


def test_parts_of_parts_stand_where_they_are_placed(tmp_path: Path) -> None:
    pair = (
        '<object id="8"><components><component objectid="9"/>'
        '<component objectid="9" transform="0 1 0 -1 0 0 0 0 1 100 0 5"/></components></object>'
    )
    moved = '<item objectid="8" transform="2 0 0 0 2 0 0 0 2 0 0 0"/>'
    model = read(packed(tmp_path, document(more=pair, items=moved)))
    assert len(model.meshes) == 1  # shared, not copied
    low, high = bounds(model) or (np.zeros(3), np.zeros(3))
    # The second is turned by a quarter: its 20 go to −x, from 100, and all is doubled.
    assert low.tolist() == pytest.approx([0, 0, -0.04])
    assert high.tolist() == pytest.approx([0.2, 0.01, 0])
    assert {node.name for node in model.nodes} == {"wedge", None}


def test_parts_in_files_of_their_own_are_found(tmp_path: Path) -> None:
    item = '<item objectid="9" p:path="/3D/Objects/leg.model"/>'
    files: dict[str, bytes | str] = {"3D/Objects/leg.model": document(items="")}
    root = f'<model xmlns="{CORE}" xmlns:p="{PARTS}"><build>{item}</build></model>'
    assert read(packed(tmp_path, root, files)).primitives[0].triangles == 1


def test_the_root_is_the_one_that_the_relationships_name(tmp_path: Path) -> None:
    kind = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
    relations = f'<Relationships><Relationship Target="/a/b.model" Id="1" Type="{kind}"/>'
    files: dict[str, bytes | str] = {
        "_rels/.rels": relations + "</Relationships>",
        "a/b.model": document(),
    }
    assert read(examples.archive(tmp_path / "a.zip", files)).format == "3MF"


def test_base_materials_colour_triangles_and_objects(tmp_path: Path) -> None:
    base = (
        '<basematerials id="1"><base name="Red" displaycolor="#FF0000"/>'
        '<base name="Smoke" displaycolor="#BCBCBC80"/></basematerials>'
    )
    triangles = TRIANGLE + '<triangle v1="0" v2="2" v3="1" pid="1" p1="1"/>'
    model = read(packed(tmp_path, document(triangles, groups=base)))
    plain, smoke = (model.materials[p.material or 0] for p in model.primitives)
    assert (plain["name"], smoke["name"], smoke["alphaMode"]) == ("Plain", "Smoke", "BLEND")
    red, *_, alpha = smoke["pbrMetallicRoughness"]["baseColorFactor"]
    assert (red, alpha) == pytest.approx((0.503, 0.502), abs=0.001)  # linear light, and as it is


def test_metal_of_the_materials_extension_is_metal(tmp_path: Path) -> None:
    groups = (
        '<m:pbmetallicdisplayproperties id="3"><m:pbmetallic name="Steel" metallicness="1"'
        ' roughness="0.2"/></m:pbmetallicdisplayproperties>'
        '<basematerials id="1" displaypropertiesid="3"><base name="Steel" displaycolor="#888888"/>'
        "</basematerials>"
    )
    triangle = '<triangle v1="0" v2="1" v3="2" pid="1" p1="0"/>'
    (material,) = read(packed(tmp_path, document(triangle, groups=groups))).materials
    pbr = material["pbrMetallicRoughness"]
    assert (pbr["metallicFactor"], pbr["roughnessFactor"]) == (1, 0.2)


def test_colour_groups_become_vertex_colours_in_linear_light(tmp_path: Path) -> None:
    groups = (
        '<m:colorgroup id="2"><m:color color="#FF0000"/><m:color color="#BCBCBC"/></m:colorgroup>'
    )
    triangle = '<triangle v1="0" v2="1" v3="2" pid="2" p1="0" p2="1" p3="1"/>'
    (primitive,) = read(packed(tmp_path, document(triangle, groups=groups))).primitives
    colours = primitive.attributes["COLOR_0"].floats().tolist()
    assert sorted(c[1] for c in colours) == pytest.approx([0, 0.503, 0.503], abs=0.001)


def test_textures_come_with_their_coordinates(tmp_path: Path) -> None:
    groups = (
        '<m:texture2d id="5" path="/3D/Textures/oak.png" contenttype="image/png"'
        ' tilestyleu="mirror"/><m:texture2dgroup id="6" texid="5"><m:tex2coord u="0" v="0"/>'
        '<m:tex2coord u="1" v="0"/><m:tex2coord u="0" v="1"/></m:texture2dgroup>'
    )
    triangle = '<triangle v1="0" v2="1" v3="2" pid="6" p1="0" p2="1" p3="2"/>'
    model = document(triangle, groups=groups)
    found = read(packed(tmp_path, model, {"3D/Textures/oak.png": examples.picture()}))
    (primitive,) = found.primitives
    assert primitive.attributes["TEXCOORD_0"].array.tolist() == [[0, 1], [1, 1], [0, 0]]
    assert found.samplers[0]["wrapS"] == 33648
    assert found.images[0].width == 8
    lacking = read(packed(tmp_path, model))
    assert "'3D/Textures/oak.png'" in lacking.warnings[0]


def test_support_is_not_part_of_the_product(tmp_path: Path) -> None:
    model = document().replace('id="9"', 'id="9" type="support"')
    with pytest.raises(InvalidModel, match="shows nothing"):
        read(packed(tmp_path, model))


ENTITIES = '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
REFERENCE = '<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (document().replace("<model", ENTITIES + "<model"), "document type"),
        (document().replace("<model", REFERENCE + "<model"), "document type"),
        (document()[:-20], "not well-formed"),
        (document(said='unit="parsec"'), "parsec"),
        (document('<triangle v1="0" v2="1" v3="7"/>'), "7"),
        (document('<triangle v1="0" v2="1" v3="-1"/>'), "-1"),
        (document('<triangle v1="0" v2="1" v3="2" p1="x"/>'), "schema"),
        (document('<triangle v1="0" v2="1"/>'), "schema"),
        (document().replace('x="10"', 'x="wide"'), "schema"),
        (document().replace('x="10"', 'x="nan"'), "finite"),
        (document().replace('x="10"', 'x="1e300"'), "finite"),
        (document(items='<item objectid="7"/>'), "missing"),
        (document(items='<item objectid="9" transform="1 0 0"/>'), "schema"),
        (document(items='<item objectid="9" p:path="/3D/gone.model"/>'), "gone.model"),
        (document(items='<item objectid="9" p:path="../../etc/passwd"/>'), "passwd"),
        (document("<a>" * 500 + "</a>" * 500), "deeper"),
        (document('<triangle v1="0" v2="1" v3="2" pid="1" p1="4"/>', groups=
                  '<basematerials id="1"><base displaycolor="#FF0000"/></basematerials>'), "'1'"),
        (document('<triangle v1="0" v2="1" v3="2" pid="1" p1="0"/>', groups=
                  '<basematerials id="1"><base displaycolor="#F0"/></basematerials>'), "colour"),
    ],
)  # fmt: skip
def test_what_is_broken_is_refused_with_what_is_wrong(
    tmp_path: Path, model: str, said: str
) -> None:
    with pytest.raises(PipelineError, match=said) as caught:
        read(packed(tmp_path, model))
    assert isinstance(caught.value, InvalidModel)


def test_an_object_that_is_part_of_itself_is_refused(tmp_path: Path) -> None:
    loop = '<object id="8"><components><component objectid="8"/></components></object>'
    with pytest.raises(InvalidModel, match="part of itself"):
        read(packed(tmp_path, document(more=loop, items='<item objectid="8"/>')))


def test_parts_that_double_at_every_level_are_refused_before_they_fill_the_memory(
    tmp_path: Path,
) -> None:
    objects = []
    for number in range(100, 140):
        inner = 9 if number == 100 else number - 1
        twice = f'<component objectid="{inner}"/>' * 2
        objects.append(f'<object id="{number}"><components>{twice}</components></object>')
    model = document(more="".join(objects), items='<item objectid="139"/>')
    with pytest.raises(TooLarge, match="Nodes"):
        read(packed(tmp_path, model), Limits(nodes=1000))


def test_a_small_file_of_many_vertices_is_refused_without_unpacking_it_all(tmp_path: Path) -> None:
    path = tmp_path / "bomb.3mf"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        rows = CORNERS * 400_000
        target.writestr("3D/3dmodel.model", document().replace(CORNERS, rows))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises((UnsafeArchive, TooLarge)):
        read(path, Limits(vertices=50_000))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KB
