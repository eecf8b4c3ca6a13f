"""COLLADA: units, axes, scene, effects and pictures come through; what is broken is refused."""

from pathlib import Path

import numpy as np
import pytest

from assets_pipeline.errors import InvalidModel, PipelineError, TooLarge
from assets_pipeline.model import Model
from assets_pipeline.readers import Limits, read
from assets_pipeline.transforms import bounds
from tests.assets_pipeline import examples

POINTS = "0 0 0  100 0 0  100 0 50  0 0 50"
TRIANGLES = """<triangles count="2" material="paint">
<input semantic="VERTEX" source="#v" offset="0"/><input semantic="NORMAL" source="#n" offset="1"/>
<input semantic="TEXCOORD" source="#t" offset="2" set="1"/>
<p>0 0 0  1 0 1  2 0 2  0 0 0  2 0 2  3 0 3</p></triangles>"""
POLYLIST = TRIANGLES.replace("triangles", "polylist").replace(
    "<p>0 0 0  1 0 1  2 0 2  0 0 0  2 0 2  3 0 3</p>",
    "<vcount>4</vcount><p>0 0 0 1 0 1 2 0 2 3 0 3</p>",
)
POLYGONS = TRIANGLES.replace("triangles", "polygons").replace(
    "<p>0 0 0  1 0 1  2 0 2  0 0 0  2 0 2  3 0 3</p>", "<p>0 0 0 1 0 1 2 0 2 3 0 3</p>"
)
STRIP = TRIANGLES.replace("triangles", "tristrips").replace(
    "<p>0 0 0  1 0 1  2 0 2  0 0 0  2 0 2  3 0 3</p>", "<p>0 0 0 1 0 1 3 0 3 2 0 2</p>"
)
DIFFUSE = "<diffuse><color>1 0.735 0 1</color></diffuse>"
SHININESS = "<shininess><float>198</float></shininess>"
BOUND = """<instance_geometry url="#board"><bind_material><technique_common>
<instance_material symbol="paint" target="#oak"><bind_vertex_input semantic="UV" input_set="1"
input_semantic="TEXCOORD"/></instance_material></technique_common></bind_material>
</instance_geometry>"""
PICTURE = """<newparam sid="s"><surface type="2D"><init_from>file</init_from></surface></newparam>
<newparam sid="p"><sampler2D><source>s</source><wrap_s>CLAMP</wrap_s></sampler2D></newparam>"""
TEXTURE = '<texture texture="p" texcoord="UV"/>'


def source(name: str, values: str, width: int) -> str:
    count = len(values.split())
    return (
        f'<source id="{name}"><float_array id="{name}-a" count="{count}">{values}</float_array>'
        f'<technique_common><accessor source="#{name}-a" count="{count // width}"'
        f' stride="{width}"/></technique_common></source>'
    )


def dae(
    drawn: str = TRIANGLES,
    *,
    asset: str = '<unit name="cm" meter="0.01"/><up_axis>Z_UP</up_axis>',
    node: str = BOUND,
    shader: str = DIFFUSE + SHININESS,
    params: str = "",
    points: str = POINTS,
    file: str = "oak.png",
    more: str = "",
) -> str:
    """A board of 100 × 50 that stands upright where z is up, facing −y."""
    return f"""<?xml version="1.0" encoding="utf-8"?>
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
<asset><contributor><authoring_tool>Max</authoring_tool></contributor>{asset}</asset>
<library_images><image id="file"><init_from>{file}</init_from></image></library_images>
<library_effects><effect id="e"><profile_COMMON>{params}<technique sid="c"><phong>{shader}</phong>
</technique></profile_COMMON></effect></library_effects>
<library_materials><material id="oak" name="Oak"><instance_effect url="#e"/></material>
</library_materials>
<library_geometries><geometry id="board" name="Board"><mesh>
{source("p", points, 3)}{source("n", "0 -1 0", 3)}{source("t", "0 0 1 0 1 1 0 1", 2)}
<vertices id="v"><input semantic="POSITION" source="#p"/></vertices>{drawn}</mesh></geometry>
</library_geometries>{more}
<library_visual_scenes><visual_scene id="vs"><node id="top" name="Top">{node}</node></visual_scene>
</library_visual_scenes><scene><instance_visual_scene url="#vs"/></scene></COLLADA>"""


def parsed(tmp_path: Path, text: str, files: dict[str, bytes | str] | None = None) -> Model:
    if files is None:
        (tmp_path / "a.dae").write_text(text)
        return read(tmp_path / "a.dae")
    return read(examples.archive(tmp_path / "a.zip", {"dae/board.dae": text, **files}))


def box(model: Model) -> list[list[float]]:
    return [np.round(corner, 6).tolist() for corner in bounds(model) or ()]


@pytest.mark.parametrize(
    ("asset", "low", "high"),
    [
        ('<unit meter="0.01"/><up_axis>Z_UP</up_axis>', [0, 0, 0], [1, 0.5, 0]),
        ('<unit meter="0.0254"/><up_axis>Y_UP</up_axis>', [0, 0, 0], [2.54, 0, 1.27]),
        ("<up_axis>X_UP</up_axis>", [0, 0, 0], [0, 100, 50]),
        ("", [0, 0, 0], [100, 0, 50]),
    ],
)
def test_unit_and_up_axis_are_the_files_own(
    tmp_path: Path, asset: str, low: list[float], high: list[float]
) -> None:
    assert box(parsed(tmp_path, dae(asset=asset))) == [low, high]


@pytest.mark.parametrize("drawn", [TRIANGLES, POLYLIST, POLYGONS, STRIP])
def test_every_kind_of_polygon_becomes_the_same_two_triangles_facing_the_viewer(
    tmp_path: Path, drawn: str
) -> None:
    (primitive,) = parsed(tmp_path, dae(drawn)).primitives
    points = primitive.attributes["POSITION"].array
    assert primitive.indices is not None
    assert (primitive.triangles, primitive.vertices) == (2, 4)
    for a, b, c in points[primitive.indices.reshape(-1, 3)]:
        assert np.cross(b - a, c - a)[2] > 0
    assert primitive.attributes["NORMAL"].array.tolist() == [[0, 0, 1]] * 4
    corner = np.flatnonzero((points == [0, 0, 0]).all(axis=1))[0]
    assert primitive.attributes["TEXCOORD_0"].array[corner].tolist() == [0, 1]


def test_an_arrow_shaped_quadrangle_is_cut_inside(tmp_path: Path) -> None:
    # The third corner is pushed in past the line between its neighbours' diagonal.
    arrow = parsed(tmp_path, dae(POLYLIST, points="0 0 0  100 0 0  20 0 20  0 0 100"))
    turned = parsed(tmp_path, dae(POLYLIST, points="100 0 0  20 0 20  0 0 100  0 0 0"))
    assert area(arrow) == pytest.approx(area(turned)) == pytest.approx(0.2)


def area(model: Model) -> float:
    (primitive,) = model.primitives
    assert primitive.indices is not None
    a, b, c = (
        primitive.attributes["POSITION"].array[primitive.indices.reshape(-1, 3)].transpose(1, 0, 2)
    )
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_nodes_keep_names_and_the_order_of_their_transforms(tmp_path: Path) -> None:
    node = f"""<translate>0 0 100</translate><rotate>0 0 1 90</rotate><scale>2 1 1</scale>
<node name="Inner"><matrix>1 0 0 10  0 1 0 0  0 0 1 0  0 0 0 1</matrix>{BOUND}</node>"""
    model = parsed(tmp_path, dae(node=node))
    assert {n.name for n in model.nodes} == {"Top", "Inner"}
    # 10–110 along x, doubled, turned to y, which is −z here, and lifted by 1 m.
    assert box(model) == [[0, 1, -2.2], [0, 1.5, -0.2]]


def test_nodes_of_the_library_are_shown_wherever_they_are_instanced(tmp_path: Path) -> None:
    library = f'<library_nodes><node id="leg">{BOUND}</node></library_nodes>'
    leg = '<instance_node url="#leg"/>'
    behind = f"<node><translate>0 50 0</translate>{leg}</node>"
    model = parsed(tmp_path, dae(node=leg + behind, more=library))
    assert len(model.meshes) == 1
    assert box(model) == [[0, 0, -0.5], [1, 0.5, 0]]


def test_phong_becomes_pbr(tmp_path: Path) -> None:
    (material,) = parsed(tmp_path, dae()).materials
    pbr = material["pbrMetallicRoughness"]
    assert material["name"] == "Oak"
    # What the screen shows at 0.735 is half the light; 198 is the exponent of roughness 0.1.
    assert pbr["baseColorFactor"] == pytest.approx([1, 0.5, 0, 1], abs=0.001)
    assert (pbr["metallicFactor"], pbr["roughnessFactor"]) == (0, pytest.approx(0.1))


def test_blender_writes_linear_light(tmp_path: Path) -> None:
    (material,) = parsed(tmp_path, dae().replace(">Max<", ">Blender 4.5<")).materials
    assert material["pbrMetallicRoughness"]["baseColorFactor"][1] == 0.735


@pytest.mark.parametrize(
    ("shader", "alpha"),
    [
        ('<transparent opaque="A_ONE"><color>1 1 1 0.25</color></transparent>', 0.25),
        ('<transparent opaque="RGB_ZERO"><color>0.75 0.75 0.75 1</color></transparent>', 0.25),
        ("<transparency><float>0.25</float></transparency>", 0.25),
        ("<transparency><float>0</float></transparency>", 1),
        ('<transparent opaque="A_ONE"><color>0 0 0 1</color></transparent>'
         "<transparency><float>0.25</float></transparency>", 0.25),
    ],
)  # fmt: skip
def test_transparency_follows_the_spec_but_never_hides_a_product(
    tmp_path: Path, shader: str, alpha: float
) -> None:
    (material,) = parsed(tmp_path, dae(shader=DIFFUSE + shader)).materials
    assert material["pbrMetallicRoughness"]["baseColorFactor"][3] == pytest.approx(alpha)
    assert material.get("alphaMode", "OPAQUE") == ("BLEND" if alpha < 1 else "OPAQUE")


@pytest.mark.parametrize(
    "file", ["../tex/oak.png", "file:///C:/art/Oak.PNG", "oak.png", "..%5Ctex%5Coak.png"]
)
def test_pictures_are_found_in_the_zip_by_whatever_path_the_artist_had(
    tmp_path: Path, file: str
) -> None:
    text = dae(shader=f"<diffuse>{TEXTURE}</diffuse>", params=PICTURE, file=file)
    model = parsed(tmp_path, text, {"tex/oak.png": examples.picture()})
    assert model.warnings == ()
    base = model.materials[0]["pbrMetallicRoughness"]["baseColorTexture"]
    assert base == {"index": 0}  # TEXCOORD_0, though the file calls it set 1
    assert (model.images[0].width, model.samplers[0]["wrapS"]) == (8, 33071)


def test_a_missing_picture_is_a_warning(tmp_path: Path) -> None:
    text = dae(shader=f"<diffuse>{TEXTURE}</diffuse>", params=PICTURE)
    assert "'oak.png'" in parsed(tmp_path, text).warnings[0]


def test_a_picture_with_holes_is_cut_out(tmp_path: Path) -> None:
    pixels = np.full((8, 8, 4), 255, np.uint8)
    pixels[:4, :, 3] = 0
    shader = f'<diffuse>{TEXTURE}</diffuse><transparent opaque="A_ONE">{TEXTURE}</transparent>'
    text = dae(shader=shader, params=PICTURE)
    model = parsed(tmp_path, text, {"oak.png": examples.encoded(pixels)})
    assert model.materials[0]["alphaMode"] == "MASK"
    assert len(model.images) == 1


def test_a_skin_is_shown_in_its_bind_pose_with_a_warning(tmp_path: Path) -> None:
    skin = """<library_controllers><controller id="skin"><skin source="#board">
<bind_shape_matrix>1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1</bind_shape_matrix></skin></controller>
</library_controllers>"""
    node = '<instance_controller url="#skin"/>'
    model = parsed(tmp_path, dae(node=node, more=skin))
    assert model.primitives[0].triangles == 2
    assert "at rest" in model.warnings[0]


LOOP = '<library_nodes><node id="a"><instance_node url="#a"/></node></library_nodes>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (dae()[:-30], "not well-formed"),
        (dae().replace("<COLLADA", '<!DOCTYPE C [<!ENTITY a "aa">]><COLLADA'), "document type"),
        (dae(points="0 0 zero 1"), "numbers should be"),
        (dae(points="0 0 nan  100 0 0  100 0 50  0 0 50"), "not finite"),
        (dae(TRIANGLES.replace("3 0 3", "9 0 3")), "POSITION 9"),
        (dae(TRIANGLES.replace("3 0 3", "3 9 3")), "NORMAL 9"),
        (dae(TRIANGLES.replace("3 0 3", "3 0 -3")), "counted"),
        (dae(TRIANGLES.replace("3 0 3", "3 0")), "less than 3"),
        (dae(TRIANGLES.replace('offset="2"', 'offset="two"')), "two"),
        (dae(POLYLIST.replace(">4<", ">900000000000<")), "more corners"),
        (dae(TRIANGLES.replace("#v", "#gone")), "shows nothing"),
        (dae().replace('source="#p-a"', 'source="#gone"'), "missing"),
        (dae(node="<matrix>1 2 3</matrix>" + BOUND), "instead of 16"),
        (dae(node="<translate>0 0 1e300</translate>" + BOUND), "beyond"),
        (dae(asset='<unit meter="nan"/>'), "unit of length"),
        (dae(asset='<unit meter="wide"/>'), "no number"),
        (dae(node='<instance_node url="#a"/>', more=LOOP), "part of itself"),
        (dae(node="<node>" * 300 + "</node>" * 300), "deeper"),
    ],
)
def test_what_is_broken_is_refused_with_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidModel, match=said):
        parsed(tmp_path, text)


def test_nodes_that_double_at_every_level_are_refused(tmp_path: Path) -> None:
    library = "".join(
        f'<node id="n{i}">' + f'<instance_node url="#n{i + 1}"/>' * 2 + "</node>" for i in range(40)
    )
    more = f"<library_nodes>{library}</library_nodes>"
    (tmp_path / "a.dae").write_text(dae(node='<instance_node url="#n0"/>', more=more))
    with pytest.raises(TooLarge, match="Nodes"):
        read(tmp_path / "a.dae", Limits(nodes=1000))


@pytest.mark.parametrize("keep", [0.1, 0.4, 0.7, 0.95])
def test_a_dae_cut_anywhere_is_refused(tmp_path: Path, keep: float) -> None:
    text = dae()
    with pytest.raises(PipelineError):
        parsed(tmp_path, text[: int(len(text) * keep)])
