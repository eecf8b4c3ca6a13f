"""USD in all its wrappings: units, axes, materials and instances come through; nothing outside the
file is read."""

import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from assets_pipeline.errors import (
    InvalidModel,
    MissingExtra,
    PipelineError,
    TooLarge,
    UnsafeArchive,
)
from assets_pipeline.model import Model
from assets_pipeline.readers import Limits, read
from assets_pipeline.transforms import bounds
from tests.assets_pipeline import examples

Sdf = pytest.importorskip("pxr.Sdf", reason="the extra usd is not installed")

HEAD = '#usda 1.0\n(\n    metersPerUnit = {metres}\n    upAxis = "{up}"\n)\n'
PBR = """            color3f inputs:diffuseColor = (0.5, 0.25, 1)
            float inputs:metallic = 1
            float inputs:roughness = 0.2
"""
TEXTURED = """            color3f inputs:diffuseColor.connect = </Top/Oak/Picture.outputs:rgb>
            float inputs:roughness.connect = </Top/Oak/Orm.outputs:g>
            float inputs:metallic.connect = </Top/Oak/Orm.outputs:b>
"""


def texture(name: str, file: str, more: str = "") -> str:
    return f"""
        def Shader "{name}" {{
            uniform token info:id = "UsdUVTexture"
            asset inputs:file = @{file}@
            float2 inputs:st.connect = </Top/Oak/Move.outputs:result>
            token inputs:wrapS = "mirror"
            {more}
            float outputs:g
            float outputs:b
            float3 outputs:rgb
        }}"""


def usda(
    *,
    metres: float = 0.01,
    up: str = "Z",
    inputs: str = PBR,
    shaders: str = "",
    mesh: str = "",
    more: str = "",
    move: str = "",
    counts: str = "[4]",
    corners: str = "[0, 1, 2, 3]",
    points: str = "[(0, 0, 0), (100, 0, 0), (100, 0, 50), (0, 0, 50)]",
) -> str:
    """A board of 100 × 50 that stands upright where z is up, facing −y."""
    return f"""{HEAD.format(metres=metres, up=up)}
def Xform "Top" {{
    double3 xformOp:translate = (0, 0, 10)
    uniform token[] xformOpOrder = ["xformOp:translate"]
    def Mesh "Board" (prepend apiSchemas = ["MaterialBindingAPI"]) {{
        rel material:binding = </Top/Oak>
        uniform token subdivisionScheme = "none"
        int[] faceVertexCounts = {counts}
        int[] faceVertexIndices = {corners}
        point3f[] points = {points}
        normal3f[] normals = [(0, -2, 0)] (interpolation = "constant")
        texCoord2f[] primvars:uv1 = [(0, 0), (1, 0), (1, 1), (0, 1)] (
            interpolation = "faceVarying"
        )
        {mesh}
    }}
    def Material "Oak" {{
        token outputs:surface.connect = </Top/Oak/Surface.outputs:surface>
        def Shader "Surface" {{
            uniform token info:id = "UsdPreviewSurface"
{inputs}
            token outputs:surface
        }}{shaders}
        def Shader "Move" {{
            uniform token info:id = "UsdTransform2d"
            float2 inputs:in.connect = </Top/Oak/Reader.outputs:result>
            {move}
            float2 outputs:result
        }}
        def Shader "Reader" {{
            uniform token info:id = "UsdPrimvarReader_float2"
            string inputs:varname = "uv1"
            float2 outputs:result
        }}
    }}
    {more}
}}
"""


def parsed(tmp_path: Path, text: str, files: dict[str, bytes | str] | None = None) -> Model:
    if files is None:
        (tmp_path / "a.usda").write_text(text)
        return read(tmp_path / "a.usda")
    return read(examples.archive(tmp_path / "a.zip", {"board.usda": text, **files}))


def crate(tmp_path: Path, text: str) -> bytes:
    layer = Sdf.Layer.CreateAnonymous(".usda")
    assert layer.ImportFromString(text)
    layer.Export(str(tmp_path / "made.usdc"))
    return (tmp_path / "made.usdc").read_bytes()


def box(model: Model) -> list[list[float]]:
    return [np.round(corner, 5).tolist() for corner in bounds(model) or ()]


@pytest.mark.parametrize(
    ("metres", "up", "low", "high"),
    [
        (0.01, "Z", [0, 0.1, 0], [1, 0.6, 0]),
        (1, "Y", [0, 0, 10], [100, 0, 60]),
        (0.0254, "Z", [0, 0.254, 0], [2.54, 1.524, 0]),
    ],
)
def test_unit_and_up_axis_are_the_files_own(
    tmp_path: Path, metres: float, up: str, low: list[float], high: list[float]
) -> None:
    model = parsed(tmp_path, usda(metres=metres, up=up))
    assert box(model) == [pytest.approx(low, abs=1e-5), pytest.approx(high, abs=1e-5)]
    assert (model.format, model.metres, model.up) == ("USD", metres, up.lower())


def test_a_face_becomes_triangles_that_face_the_viewer(tmp_path: Path) -> None:
    (primitive,) = parsed(tmp_path, usda(inputs=TEXTURED, shaders=BOTH), FILES).primitives
    points = primitive.attributes["POSITION"].array
    assert primitive.indices is not None
    assert (primitive.triangles, primitive.vertices) == (2, 4)
    for a, b, c in points[primitive.indices.reshape(-1, 3)]:
        assert np.cross(b - a, c - a)[2] > 0
    assert primitive.attributes["NORMAL"].array.tolist() == [[0, 0, 1]] * 4
    corner = np.flatnonzero((points == [0, 0, 0]).all(axis=1))[0]
    assert primitive.attributes["TEXCOORD_0"].array[corner].tolist() == [0, 1]


def test_left_handed_faces_are_turned(tmp_path: Path) -> None:
    mesh = 'uniform token orientation = "leftHanded"'
    (primitive,) = parsed(tmp_path, usda(mesh=mesh, corners="[3, 2, 1, 0]")).primitives
    points = primitive.attributes["POSITION"].array
    assert primitive.indices is not None
    a, b, c = points[primitive.indices[:3]]
    assert np.cross(b - a, c - a)[2] > 0


@pytest.mark.parametrize("kind", ["usda", "usdc", "usdz", "zip"])
def test_text_crate_package_and_zip_are_the_same_model(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "usda":
        path.write_text(usda())
    elif kind == "usdc":
        path.write_bytes(crate(tmp_path, usda()))
    elif kind == "zip":
        examples.archive(path, {"deep/board.usdc": crate(tmp_path, usda())})
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
            target.writestr("board.usdc", crate(tmp_path, usda()))
    model = read(path)
    assert [node.name for node in model.nodes] == ["Board", "Top"]
    assert model.primitives[0].triangles == 2


def test_a_preview_surface_is_pbr_already(tmp_path: Path) -> None:
    (material,) = parsed(tmp_path, usda()).materials
    assert material["name"] == "Oak"
    assert material["pbrMetallicRoughness"] == {
        "baseColorFactor": [0.5, 0.25, 1, 1],
        "metallicFactor": 1,
        "roughnessFactor": pytest.approx(0.2),
    }


ROTATED = "float inputs:rotation = 90\n float2 inputs:scale = (2, 3)"
BOTH = texture("Picture", "tex/oak.png") + texture("Orm", "./tex/orm.png")
FILES: dict[str, bytes | str] = {
    "tex/oak.png": examples.picture(),
    "tex/orm.png": examples.picture((4, 4)),
}


def test_pictures_are_read_out_of_the_zip_and_shared_as_gltf_has_them(tmp_path: Path) -> None:
    model = parsed(tmp_path, usda(inputs=TEXTURED, shaders=BOTH), FILES)
    assert model.warnings == ()
    pbr = model.materials[0]["pbrMetallicRoughness"]
    assert pbr["baseColorTexture"]["index"] == 0
    assert pbr["metallicRoughnessTexture"]["index"] == 1
    assert (pbr["metallicFactor"], pbr["roughnessFactor"]) == (1, 1)
    assert [(i.width, i.data != b"") for i in model.images] == [(8, True), (4, True)]
    assert model.samplers[0]["wrapS"] == 33648


def test_roughness_alone_gets_a_picture_that_is_no_metal(tmp_path: Path) -> None:
    inputs = """float inputs:roughness.connect = </Top/Oak/Orm.outputs:r>
            float inputs:metallic = 1"""
    shaders = texture("Orm", "tex/orm.png", "float outputs:r")
    (image,) = parsed(tmp_path, usda(inputs=inputs, shaders=shaders), FILES).images
    assert image.pixels is not None
    assert set(np.unique(image.pixels[..., 2])) == {255}
    assert len(np.unique(image.pixels[..., 1])) > 4


def test_coordinates_are_turned_and_scaled_as_usd_does_it(tmp_path: Path) -> None:
    model = parsed(tmp_path, usda(inputs=TEXTURED, shaders=BOTH, move=ROTATED), FILES)
    info = model.materials[0]["pbrMetallicRoughness"]["baseColorTexture"]
    transform = info["extensions"]["KHR_texture_transform"]
    # st (1, 1) scaled is (2, 3), turned by a quarter (−3, 2); glTF counts v from above.
    assert applied(transform, (1, 0)) == pytest.approx([-3, -1])
    assert applied(transform, (0, 1)) == pytest.approx([0, 1])
    assert "KHR_texture_transform" in model.used


def applied(transform: dict[str, list[float]], uv: tuple[float, float]) -> list[float]:
    """KHR_texture_transform's own formula: translation · rotation · scale."""
    angle = float(transform["rotation"])  # type: ignore[arg-type]
    sine, cosine = np.sin(angle), np.cos(angle)
    x, y = (a * b for a, b in zip(uv, transform["scale"], strict=True))
    turned = np.array([cosine * x + sine * y, -sine * x + cosine * y])
    return (turned + transform["offset"]).tolist()  # type: ignore[no-any-return]


def test_a_missing_picture_is_a_warning(tmp_path: Path) -> None:
    model = parsed(tmp_path, usda(inputs=TEXTURED, shaders=BOTH))
    assert [w for w in model.warnings if "oak.png" in w]
    assert model.primitives[0].triangles == 2


def test_subsets_have_materials_of_their_own(tmp_path: Path) -> None:
    mesh = """def GeomSubset "Half" (prepend apiSchemas = ["MaterialBindingAPI"]) {
            uniform token elementType = "face"
            uniform token familyName = "materialBind"
            int[] indices = [1]
            rel material:binding = </Top/Red>
        }"""
    red = """def Material "Red" {
        token outputs:surface.connect = </Top/Red/S.outputs:surface>
        def Shader "S" {
            uniform token info:id = "UsdPreviewSurface"
            color3f inputs:diffuseColor = (1, 0, 0)
            token outputs:surface
        }
    }"""
    text = usda(mesh=mesh, more=red, counts="[3, 3]", corners="[0, 1, 2, 0, 2, 3]")
    text = text.replace("primvars:uv1 = [(0, 0), (1, 0), (1, 1), (0, 1)]", "primvars:uv1 = []")
    model = parsed(tmp_path, text)
    names = [(model.materials[p.material or 0]["name"], p.triangles) for p in model.primitives]
    assert names == [("Red", 1), ("Oak", 1)]


@pytest.mark.parametrize(
    "said", ['token visibility = "invisible"', 'uniform token purpose = "guide"',
             'uniform token purpose = "proxy"'],
)  # fmt: skip
def test_what_is_not_meant_to_be_seen_is_left_out(tmp_path: Path, said: str) -> None:
    hidden = f'def Xform "Hidden" {{ {said}\n def Mesh "Inner" {{ {FLAT} }}\n }}'
    model = parsed(tmp_path, usda(more=hidden))
    assert "Inner" not in {node.name for node in model.nodes}


FLAT = """int[] faceVertexCounts = [3]
        int[] faceVertexIndices = [0, 1, 2]
        uniform token subdivisionScheme = "none"
        point3f[] points = [(0, 0, 0), (1, 0, 0), (0, 0, 1)]
"""


def test_instances_share_their_mesh(tmp_path: Path) -> None:
    more = """def Xform "Leg" (instanceable = true
        references = </Proto>) {
        double3 xformOp:translate = (500, 0, 0)
        uniform token[] xformOpOrder = ["xformOp:translate"]
    }
    def Xform "Leg2" (instanceable = true
        references = </Proto>) {}"""
    proto = f'class Xform "Proto" {{ def Mesh "Shape" {{ {FLAT} }}\n }}'
    model = parsed(tmp_path, usda(more=more) + proto)
    assert [mesh.name for mesh in model.meshes] == ["Board", "Shape"]
    assert [node.name for node in model.nodes].count("Shape") == 2
    assert box(model)[1][0] == pytest.approx(5.01)


def test_a_point_instancer_places_its_prototypes(tmp_path: Path) -> None:
    more = f"""def PointInstancer "Bolts" {{
        rel prototypes = [</Top/Bolts/Bolt>]
        int[] protoIndices = [0, 0, 0]
        point3f[] positions = [(0, 0, 0), (0, 0, 100), (0, 0, 200)]
        def Mesh "Bolt" {{ {FLAT} }}
    }}"""
    model = parsed(tmp_path, usda(more=more))
    assert [node.name for node in model.nodes].count("Bolt") == 3
    assert box(model)[1][1] == pytest.approx(2.11)


def test_colours_without_a_material_are_seen(tmp_path: Path) -> None:
    text = usda(mesh="color3f[] primvars:displayColor = [(0, 0.5, 1)]")
    model = parsed(tmp_path, text.replace("rel material:binding = </Top/Oak>", ""))
    colours = model.primitives[0].attributes["COLOR_0"].floats()
    assert colours[0].tolist() == pytest.approx([0, 0.5, 1, 1], abs=1e-4)


def test_layers_of_the_same_zip_are_put_together(tmp_path: Path) -> None:
    leg = f'#usda 1.0\n(defaultPrim = "Leg")\ndef Mesh "Leg" {{ {FLAT} }}'
    more = 'def "Part" (references = @./parts/leg.usda@) {}'
    model = parsed(tmp_path, usda(more=more), {"parts/leg.usda": leg})
    assert "Part" in {node.name for node in model.nodes}
    assert model.warnings == ()


SECRET = f'#usda 1.0\n(defaultPrim = "Secret")\ndef Mesh "Secret" {{ {FLAT} }}'


@pytest.mark.parametrize("how", ["absolute", "file", "up", "beside", "sublayer", "payload"])
def test_nothing_outside_of_the_file_is_read(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.usda"
    secret.write_text(SECRET)
    monkeypatch.chdir(tmp_path)  # where a resolver would look for a bare name
    place = {"absolute": str(secret), "file": f"file://{secret}", "up": "../../../secret.usda"}
    path = place.get(how, "secret.usda")
    (tmp_path / "in").mkdir()
    arc = "payload" if how == "payload" else "references"
    text = usda(more=f'def "Taken" ({arc} = @{path}@) {{}}')
    if how == "sublayer":
        text = text.replace("metersPerUnit", f"subLayers = [@{path}@]\n    metersPerUnit")
    model = parsed(tmp_path / "in", text)
    assert not {"Taken", "Secret"} & {node.name for node in model.nodes if node.mesh is not None}
    assert any("secret.usda" in warning for warning in model.warnings)


def test_pictures_outside_of_the_file_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "oak.png").write_bytes(examples.picture())
    shaders = texture("Picture", f"{tmp_path}/oak.png") + texture("Orm", "../../oak.png")
    model = parsed(tmp_path, usda(inputs=TEXTURED, shaders=shaders))
    assert model.images == ()
    assert len(model.warnings) == 2


def test_clips_which_name_files_by_patterns_are_not_followed(tmp_path: Path) -> None:
    clips = """def Xform "Walk" (clips = {
        dictionary default = { string templateAssetPath = "../clip.###.usda"
            double templateStartTime = 1
            double templateEndTime = 2
            double templateStride = 1
            string primPath = "/x" } }) {}"""
    assert any("clips" in w for w in parsed(tmp_path, usda(more=clips)).warnings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#usda 1.0\ndef Mesh {{{", "cannot be read"),
        (usda()[:-60], "cannot be read"),
        (usda(corners="[0, 1, 2, 9]"), "POSITION 9"),
        (usda(corners="[0, 1, 2, -3]"), "POSITION -3"),
        (usda(counts="[400000000]"), "more corners"),
        (usda(counts="[-4]"), "no corners"),
        (usda(points="[]"), "POSITION"),
        (usda().replace("point3f[] points", "point1e9f[] points"), "words where"),
        (usda(points="[(nan, 0, 0), (1, 0, 0), (1, 0, 5), (0, 0, 5)]"), "not finite"),
        (usda(metres=0), "unit of length"),
        (HEAD.format(metres=1, up="Y"), "shows nothing"),
    ],
)
def test_what_is_broken_is_refused_with_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidModel, match=said):
        parsed(tmp_path, text)


@pytest.mark.parametrize("keep", [0.05, 0.3, 0.6, 0.95])
def test_a_crate_cut_anywhere_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, keep: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "tmp"
    own.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    whole = crate(tmp_path, usda())
    (tmp_path / "a.usdc").write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(PipelineError):
        read(tmp_path / "a.usdc")
    assert list(own.iterdir()) == []


def test_instances_of_instances_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    levels = "".join(
        f'class "L{i}" {{ def "a" (references = </L{i + 1}>) {{}}\n'
        f'def "b" (references = </L{i + 1}>) {{}}\n }}\n'
        for i in range(10)
    )
    last = f'class Mesh "L10" {{ {FLAT} }}'
    (tmp_path / "a.usda").write_text(usda(more='def "x" (references = </L0>) {}') + levels + last)
    with pytest.raises(TooLarge, match="Nodes"):
        read(tmp_path / "a.usda", Limits(nodes=500))


def test_a_package_that_bursts_is_refused(tmp_path: Path) -> None:
    text = usda(more="# " + "0" * 4_000_000)
    with pytest.raises(UnsafeArchive):
        read(examples.archive(tmp_path / "a.usdz", {"a.usda": text}))


def test_without_its_package_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pxr", None)
    with pytest.raises(MissingExtra, match=r"vitrine\[usd\]"):
        parsed(tmp_path, usda())
