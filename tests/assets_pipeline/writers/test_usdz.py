"""USDZ files, opened again by USD itself."""

import builtins
import io
import os
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from assets_pipeline.errors import MissingExtra
from assets_pipeline.model import Image, Model, Node
from assets_pipeline.passes import Still, Triangulate
from assets_pipeline.readers import read
from assets_pipeline.readers.pictures import decode
from assets_pipeline.recipes import PROFILES
from assets_pipeline.transforms import bounds
from assets_pipeline.writers.preview_surface import UvSet
from assets_pipeline.writers.usd_stage import texture_coordinates
from assets_pipeline.writers.usdz import UsdzWriter, package, validate_usdz
from tests.assets_pipeline.examples import GltfExample, moving_square, square, textured_square

pytest.importorskip("pxr", reason="usd-core is an extra")
from pxr import Gf, Usd, UsdGeom, UsdShade

MODELS = Path(
    os.environ.get("VITRINE_MODELS", Path(__file__).parents[3].parent / "shared" / "models")
)


def model_of(example: GltfExample, folder: Path) -> Model:
    path = folder / "example.glb"
    path.write_bytes(example.glb())
    return Triangulate()(read(path))


def opened(content: bytes, folder: Path) -> Usd.Stage:
    path = folder / f"{len(list(folder.iterdir()))}.usdz"  # an open one must not change
    path.write_bytes(content)
    return Usd.Stage.Open(str(path))


def meshes(stage: Usd.Stage) -> list[UsdGeom.Mesh]:
    return [UsdGeom.Mesh(p) for p in stage.Traverse() if p.IsA(UsdGeom.Mesh)]


def surface(mesh: UsdGeom.Mesh) -> UsdShade.Shader:
    material, _ = UsdShade.MaterialBindingAPI(mesh).ComputeBoundMaterial()
    return material.ComputeSurfaceSource()[0]


def read_by(shader: UsdShade.Shader, name: str) -> tuple[UsdShade.Shader, str]:
    """The texture reader that feeds an input, and from which channels."""
    source = shader.GetInput(name).GetConnectedSources()[0][0]
    return UsdShade.Shader(source.source), str(source.sourceName)


def world_box(stage: Usd.Stage) -> np.ndarray:
    cache = UsdGeom.BBoxCache(Usd.TimeCode.Default(), [UsdGeom.Tokens.default_])
    found = cache.ComputeWorldBound(stage.GetDefaultPrim()).ComputeAlignedRange()
    return np.array([found.GetMin(), found.GetMax()])


def test_a_package_passes_usds_own_validators_and_is_the_same_every_time(tmp_path):
    model = model_of(textured_square(), tmp_path)
    content = UsdzWriter().write(model, variant="Red")
    assert validate_usdz(content) == []
    assert UsdzWriter().write(model, variant="Red") == content


@pytest.mark.parametrize("squeezed", ["model.usdc", "textures/0.png"])
def test_the_validators_would_find_what_is_compressed(tmp_path, squeezed):
    content = UsdzWriter().write(model_of(textured_square(), tmp_path), variant="Red")
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as whole,
        zipfile.ZipFile(stream, "w") as worse,
    ):
        for name in whole.namelist():
            how = zipfile.ZIP_DEFLATED if name == squeezed else zipfile.ZIP_STORED
            worse.writestr(name, whole.read(name), how)
    assert any("ompress" in found for found in validate_usdz(stream.getvalue()))


def test_it_is_as_large_as_the_model_upright_in_metres(tmp_path):
    model = model_of(square(), tmp_path)
    turned = replace(model.nodes[0], translation=(1.0, 2.0, 3.0), rotation=(0.0, 0.6, 0.0, 0.8))
    model = replace(model, nodes=(replace(turned, scale=(2.0, 1.0, 1.0)),))
    stage = opened(UsdzWriter().write(model), tmp_path)
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    assert world_box(stage) == pytest.approx(np.array(bounds(model)), abs=1e-6)


def test_each_variant_has_its_own_materials_and_only_their_pictures(tmp_path):
    model = model_of(textured_square(), tmp_path)
    red = opened(UsdzWriter().write(model, variant="Red"), tmp_path)
    assert read_by(surface(meshes(red)[0]), "diffuseColor")[1] == "rgb"
    content = UsdzWriter().write(model, variant="Blue")
    blue = opened(content, tmp_path)
    assert surface(meshes(blue)[0]).GetInput("diffuseColor").Get() == Gf.Vec3f(0, 0, 1)
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == ["model.usdc"]


def test_textures_say_their_colour_space_channels_and_wrapping(tmp_path):
    example = textured_square()
    example.document["samplers"] = [{"wrapS": 33071, "wrapT": 33648}]
    example.document["textures"][0]["sampler"] = 0
    stage = opened(UsdzWriter().write(model_of(example, tmp_path), variant="Red"), tmp_path)
    shader = surface(meshes(stage)[0])
    colour, _ = read_by(shader, "diffuseColor")
    wraps = [colour.GetInput(name).Get() for name in ("wrapS", "wrapT")]
    assert wraps == ["clamp", "mirror"]
    assert colour.GetInput("sourceColorSpace").Get() == "sRGB"
    rough, channel = read_by(shader, "roughness")
    assert (rough.GetInput("sourceColorSpace").Get(), channel) == ("raw", "g")
    assert colour.GetInput("file").Get().resolvedPath.endswith("[textures/0.png]")


def test_a_grey_picture_is_read_from_its_only_channel(tmp_path):
    model = model_of(textured_square(), tmp_path)
    stream = io.BytesIO()
    Pillow.new("L", (4, 4), 128).save(stream, "PNG")
    pictures = [(i.data, i.mime) for i in model.images]
    pictures[2] = (stream.getvalue(), "image/png")
    stage = opened(UsdzWriter().write(model, pictures, "Red"), tmp_path)
    assert read_by(surface(meshes(stage)[0]), "roughness")[1] == "r"


def test_pictures_that_quick_look_cannot_show_stay_out(tmp_path):
    model = model_of(textured_square(), tmp_path)
    pictures = [(b"RIFF", "image/webp")] * len(model.images)
    content = UsdzWriter().write(model, pictures, "Red")
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == ["model.usdc"]
    assert validate_usdz(content) == []


def test_texture_coordinates_count_upwards_and_have_their_transform_done():
    corners = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
    assert texture_coordinates(corners, UvSet()).tolist() == [[0, 1], [1, 1], [0, 0]]
    quarter = UvSet(offset=(0.0, 1.0), rotation=np.pi / 2, scale=(2.0, 1.0))
    # By the matrix of KHR_texture_transform: u' = v, v' = 1 - 2u; then V turned up.
    expected = np.array([[0, 0], [0, 2], [1, 0]])
    assert texture_coordinates(corners, quarter) == pytest.approx(expected, abs=1e-6)


def test_two_transforms_of_one_set_become_two_sets(tmp_path):
    example = textured_square()
    tiled = {"extensions": {"KHR_texture_transform": {"scale": [3, 3]}}}
    example.document["materials"][0]["normalTexture"] |= tiled
    stage = opened(UsdzWriter().write(model_of(example, tmp_path), variant="Red"), tmp_path)
    primvars = UsdGeom.PrimvarsAPI(meshes(stage)[0])
    first, second = (np.array(primvars.GetPrimvar(name).Get()) for name in ("st", "st1"))
    assert np.ptp(second, axis=0) == pytest.approx(3 * np.ptp(first, axis=0))


def test_vertex_colours_are_shown_times_the_materials_own(tmp_path):
    example = square(material=0)
    example.document["materials"] = [{"pbrMetallicRoughness": {"baseColorFactor": [1, 0.5, 1, 1]}}]
    attributes = example.document["meshes"][0]["primitives"][0]["attributes"]
    attributes["COLOR_0"] = example.accessor([[255, 255, 0, 255]] * 4, "u1", normalized=True)
    stage = opened(UsdzWriter().write(model_of(example, tmp_path)), tmp_path)
    mesh = meshes(stage)[0]
    assert mesh.GetDisplayColorPrimvar().Get()[0] == Gf.Vec3f(1, 0.5, 0)
    reader, _ = read_by(surface(mesh), "diffuseColor")
    assert reader.GetInput("varname").Get() == "displayColor"


def test_names_survive_though_usd_allows_fewer_letters(tmp_path):
    model = model_of(square(), tmp_path)
    names = ("Pied avant", "Pied avant", "脚")
    nodes = tuple(replace(model.nodes[0], name=name) for name in names)
    model = replace(model, nodes=nodes, scenes=({"nodes": [0, 1, 2]},))
    content = UsdzWriter().write(model)
    stage = opened(content, tmp_path)
    places = [mesh.GetPrim().GetParent() for mesh in meshes(stage)]
    assert [p.GetDisplayName() or p.GetName() for p in places] == list(names)
    assert len({p.GetName() for p in places}) == 3
    assert validate_usdz(content) == []


def test_a_mesh_in_many_places_is_stored_once(tmp_path):
    model = model_of(textured_square(), tmp_path)
    many = tuple(Node(name="copy", mesh=0, translation=(2.0 * i, 0.0, 0.0)) for i in range(5))
    model = replace(model, nodes=many, scenes=({"nodes": list(range(5))},))
    content = UsdzWriter().write(model, variant="Blue")
    stage = opened(content, tmp_path)
    assert [surface(m).GetInput("diffuseColor").Get() for m in meshes(stage)] == [
        Gf.Vec3f(0, 0, 1)
    ] * 5
    owners = [m for m in meshes(stage) if not m.GetPrim().HasAuthoredReferences()]
    assert len(owners) == 1
    assert world_box(stage)[1][0] == pytest.approx(9)
    assert validate_usdz(content) == []


def test_a_posed_figure_stands_as_gltf_has_it(tmp_path):
    model = model_of(moving_square(), tmp_path)
    stage = opened(UsdzWriter().write(Still()(model)), tmp_path)
    assert world_box(stage) == pytest.approx(np.array(bounds(Still()(model))), abs=1e-6)


def test_what_cannot_be_shown_is_told(tmp_path):
    example = textured_square()
    example.document["materials"][1]["extensions"] = {"KHR_materials_iridescence": {}}
    model = model_of(example, tmp_path)
    assert UsdzWriter().losses(model, "Red") == []
    assert UsdzWriter().losses(model, "Blue") == [
        "KHR_materials_iridescence has no counterpart in USDZ"
    ]


@pytest.mark.skipif(not MODELS.is_dir(), reason=f"no models in {MODELS}")
@pytest.mark.parametrize("name", ["GlamVelvetSofa", "GlassVaseFlowers"])
def test_a_real_model_is_valid_and_as_large_as_it_was(name, tmp_path):
    """With bumps of half strength, glass, alpha, a mesh in two places."""
    model = read(MODELS / f"{name}.glb")
    images = [decode(image, "") for image in model.images]
    model = Triangulate()(replace(model, images=tuple(images)))
    for step in PROFILES["quick-look"].recipe.textures:
        model = step(model)
    pictures = [plain_picture(image) for image in model.images]
    content = UsdzWriter().write(model, pictures, next(iter(model.variants), None))
    assert validate_usdz(content) == []
    assert world_box(opened(content, tmp_path)) == pytest.approx(np.array(bounds(model)), abs=1e-6)


def plain_picture(image: Image) -> tuple[bytes, str]:
    stream = io.BytesIO()
    Pillow.fromarray(image.pixels).convert("RGB").save(stream, "JPEG")
    return stream.getvalue(), "image/jpeg"


def test_contents_start_at_multiples_of_64_bytes_whatever_their_names():
    files = {"model.usdc": b"a" * 100, "textures/long/name.png": b"b", "c": b"c" * 64}
    content = package(files)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            assert entry.compress_type == zipfile.ZIP_STORED
            lengths = struct.unpack_from("<2H", content, entry.header_offset + 26)
            assert (entry.header_offset + 30 + sum(lengths)) % 64 == 0
            assert archive.read(entry) == files[entry.filename]


def test_without_usd_the_extra_is_named(tmp_path, monkeypatch):
    model = model_of(square(), tmp_path)
    real = builtins.__import__

    def missing(name, *rest, **more):
        if name.split(".")[0] == "pxr":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtra, match=r"vitrine\[usd\]"):
        UsdzWriter().write(model)
