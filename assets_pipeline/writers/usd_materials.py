"""Materials of a USD stage: UsdPreviewSurface and the textures that it reads."""

import io
from dataclasses import replace
from typing import Any

from PIL import Image as Pillow

from assets_pipeline.model import Json, Model
from assets_pipeline.writers.preview_surface import ONE, ZERO, Sample, UvSet, preview_surface, unlit

SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}  # what Quick Look opens inside a package
WRAPPING = {10497: "repeat", 33071: "clamp", 33648: "mirror"}  # by glTF's numbers
COLOURS = ("diffuseColor", "emissiveColor")
PLAIN: Json = {"name": "Plain"}  # glTF's default material


class Materials:
    """Writes a material when it is first asked for. `files` are the pictures that are needed."""

    def __init__(
        self, stage: Any, scope: str, model: Model, pictures: list[tuple[bytes, str]]
    ) -> None:
        self.stage, self.scope, self.model, self.pictures = stage, scope, model, pictures
        self.files: dict[str, bytes] = {}  # by path in the package
        self._written: dict[tuple[int | None, bool], tuple[Any, list[UvSet]]] = {}
        self._names: set[str] = set()

    def get(self, number: int | None, vertex_colours: bool) -> tuple[Any, list[UvSet]]:
        """The material, and the texture coordinates that its meshes owe it as st, st1, …"""
        key = (number, vertex_colours)
        if key not in self._written:
            self._written[key] = self._write(number, vertex_colours)
        return self._written[key]

    def _write(self, number: int | None, vertex_colours: bool) -> tuple[Any, list[UvSet]]:
        from pxr import Sdf, UsdShade

        json = PLAIN if number is None else self.model.materials[number]
        path = f"{self.scope}/{free_name(json.get('name') or f'material_{number}', self._names)}"
        material = UsdShade.Material.Define(self.stage, path)
        surface = UsdShade.Shader.Define(self.stage, f"{path}/surface")
        surface.CreateIdAttr("UsdPreviewSurface")
        material.CreateSurfaceOutput().ConnectToSource(
            surface.CreateOutput("surface", Sdf.ValueTypeNames.Token)
        )
        network = _Network(self, path)
        coloured = "emissiveColor" if unlit(json) else "diffuseColor"
        for name, value in preview_surface(json).items():
            entry = surface.CreateInput(name, _kind(name))
            if isinstance(value, Sample):
                if readable := self._readable(value):
                    entry.ConnectToSource(network.output(readable))
            elif name == coloured and vertex_colours:
                entry.ConnectToSource(network.vertex_colour())
            else:
                entry.Set(value)
        return material, network.uv_sets

    def _readable(self, sample: Sample) -> Sample | None:
        """None for a texture without a picture; grey pictures have their one channel in red."""
        image = self.model.textures[sample.texture].image
        if image is None or self.pictures[image][1] not in SUFFIXES:
            return None
        grey = sample.channels in ("g", "b") and _is_grey(self.pictures[image][0])
        return replace(sample, channels="r") if grey else sample

    def file(self, texture: int) -> str:
        """The path of a texture's picture in the package, which from now on has it."""
        image = self.model.textures[texture].image
        assert image is not None  # noqa: S101 - see _readable
        content, media_type = self.pictures[image]
        path = f"textures/{image}{SUFFIXES[media_type]}"
        self.files[path] = content
        return path


class _Network:
    """One material's texture readers: those that read alike are one."""

    def __init__(self, materials: Materials, path: str) -> None:
        self.materials, self.stage, self.path = materials, materials.stage, path
        self.uv_sets: list[UvSet] = []
        self._coordinates: dict[UvSet, Any] = {}
        self._textures: dict[Sample, Any] = {}

    def output(self, sample: Sample) -> Any:
        from pxr import Sdf

        key = replace(sample, channels="")
        if key not in self._textures:
            self._textures[key] = self._texture(key)
        kind = Sdf.ValueTypeNames.Float3 if sample.channels == "rgb" else Sdf.ValueTypeNames.Float
        return self._textures[key].CreateOutput(sample.channels, kind)

    def vertex_colour(self) -> Any:
        from pxr import Sdf

        reader = self._shader("vertex_colour", "UsdPrimvarReader_float3")
        reader.CreateInput("varname", Sdf.ValueTypeNames.String).Set("displayColor")
        return reader.CreateOutput("result", Sdf.ValueTypeNames.Float3)

    def _texture(self, sample: Sample) -> Any:
        from pxr import Sdf

        kinds = Sdf.ValueTypeNames
        shader = self._shader(f"texture_{len(self._textures)}", "UsdUVTexture")
        shader.CreateInput("file", kinds.Asset).Set(self.materials.file(sample.texture))
        shader.CreateInput("st", kinds.Float2).ConnectToSource(self._uv(sample.uv))
        space = "sRGB" if sample.srgb else "raw"
        shader.CreateInput("sourceColorSpace", kinds.Token).Set(space)
        for name, wrap in zip(("wrapS", "wrapT"), self._wrapping(sample.texture), strict=True):
            shader.CreateInput(name, kinds.Token).Set(wrap)
        if sample.scale != ONE:
            shader.CreateInput("scale", kinds.Float4).Set(sample.scale)
        if sample.bias != ZERO:
            shader.CreateInput("bias", kinds.Float4).Set(sample.bias)
        return shader

    def _wrapping(self, texture: int) -> tuple[str, str]:
        model = self.materials.model
        number = model.textures[texture].sampler
        sampler = {} if number is None else model.samplers[number]
        return (
            WRAPPING.get(sampler.get("wrapS", 10497), "repeat"),
            WRAPPING.get(sampler.get("wrapT", 10497), "repeat"),
        )

    def _uv(self, uv: UvSet) -> Any:
        from pxr import Sdf

        if uv not in self._coordinates:
            name = primvar_name(len(self.uv_sets))
            reader = self._shader(f"reader_{name}", "UsdPrimvarReader_float2")
            reader.CreateInput("varname", Sdf.ValueTypeNames.String).Set(name)
            self._coordinates[uv] = reader.CreateOutput("result", Sdf.ValueTypeNames.Float2)
            self.uv_sets.append(uv)
        return self._coordinates[uv]

    def _shader(self, name: str, kind: str) -> Any:
        from pxr import UsdShade

        shader = UsdShade.Shader.Define(self.stage, f"{self.path}/{name}")
        shader.CreateIdAttr(kind)
        return shader


def primvar_name(number: int) -> str:
    """USD's habit: st, st1, st2."""
    return f"st{number or ''}"


def free_name(wanted: str, taken: set[str]) -> str:
    """A prim's name that no sibling has yet."""
    from pxr import Tf

    name = stem = Tf.MakeValidIdentifier(wanted)
    number = 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    taken.add(name)
    return str(name)


def _kind(name: str) -> Any:
    from pxr import Sdf

    if name in COLOURS:
        return Sdf.ValueTypeNames.Color3f
    return Sdf.ValueTypeNames.Normal3f if name == "normal" else Sdf.ValueTypeNames.Float


def _is_grey(content: bytes) -> bool:
    with Pillow.open(io.BytesIO(content)) as picture:
        return len(picture.getbands()) < 3
