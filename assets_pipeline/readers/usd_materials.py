"""UsdPreviewSurface as surfaces. Source: UsdPreviewSurface Specification 2.6."""

from typing import Any

import numpy as np
from pxr import Usd, UsdShade

from assets_pipeline.model import Json
from assets_pipeline.readers.assembly import Assembly
from assets_pipeline.readers.packing import ALPHA, BLUE, CLAMP, GREEN, MIRROR, RED, REPEAT, Map
from assets_pipeline.readers.surface import Surface, Three
from assets_pipeline.readers.usd_layers import Layers, picture_data

FIRST = Usd.TimeCode.EarliestTime()
PREVIEW = ("UsdPreviewSurface", "ND_UsdPreviewSurface_surfaceshader")
TEXTURE, TRANSFORM, READER = "UsdUVTexture", "UsdTransform2d", "UsdPrimvarReader_float2"
WRAPS = {"repeat": REPEAT, "mirror": MIRROR, "clamp": CLAMP, "black": CLAMP}
CHANNELS = {"r": RED, "g": GREEN, "b": BLUE, "a": ALPHA}
OUTPUT = UsdShade.AttributeType.Output
USUAL_UV = "st"
DIELECTRIC = 0.04  # how much light comes straight back where nothing is said
DEEPEST = 8  # shaders between a surface and its coordinates


class MaterialReader:
    """One material. `uv_names` are the UV sets that it reads, in the order of TEXCOORD_n."""

    def __init__(self, assembly: Assembly, layers: Layers, material: Any) -> None:
        self.assembly, self.layers, self.material = assembly, layers, material
        self.name = material.GetPrim().GetName()
        self.uv_names: list[str] = []

    def surface(self) -> Surface:
        shader = self._shader()
        if shader is None:
            self.assembly.warn(
                f"The material {self.name!r} is no UsdPreviewSurface; it becomes grey."
            )
            return Surface(self.name, colour=(0.5, 0.5, 0.5))
        cutoff = self._number(shader, "opacityThreshold", 0.0)
        opacity = self._map(shader, "opacity")
        alpha = self._number(shader, "opacity", 1.0)
        if cutoff > 0 and opacity is None:
            alpha = 1.0 if alpha >= cutoff else 0.0
        return Surface(
            self.name,
            colour=self._colour(shader, "diffuseColor", 0.18),
            alpha=alpha,
            metallic=self._number(shader, "metallic", 0.0),
            roughness=self._number(shader, "roughness", 0.5),
            emissive=self._colour(shader, "emissiveColor", 0.0),
            cutoff=cutoff if cutoff > 0 else None,
            extensions=self._extensions(shader),
            colour_map=self._map(shader, "diffuseColor"),
            alpha_map=opacity,
            metallic_map=self._map(shader, "metallic"),
            roughness_map=self._map(shader, "roughness"),
            emissive_map=self._map(shader, "emissiveColor"),
            normal_map=self._map(shader, "normal"),
            occlusion_map=self._map(shader, "occlusion"),
        )

    def _shader(self) -> Any:
        found = self.material.ComputeSurfaceSource()
        shader = found[0] if isinstance(found, tuple) else found
        return shader if shader and shader.GetIdAttr().Get() in PREVIEW else None

    def _extensions(self, shader: Any) -> Json:
        made: Json = {}
        coat = self._number(shader, "clearcoat", 0.0)
        if coat > 0:
            rough = self._number(shader, "clearcoatRoughness", 0.01)
            made["KHR_materials_clearcoat"] = {
                "clearcoatFactor": min(1.0, coat),
                "clearcoatRoughnessFactor": min(1.0, max(0.0, rough)),
            }
        ior = self._number(shader, "ior", 1.5)
        if ior != 1.5 and 1 <= ior < 10:
            made["KHR_materials_ior"] = {"ior": ior}
        if self._number(shader, "useSpecularWorkflow", 0) == 1:
            colour = [c / DIELECTRIC for c in self._colour(shader, "specularColor", 0.0)]
            made["KHR_materials_specular"] = {"specularColorFactor": colour}
        return made

    def _number(self, shader: Any, name: str, default: float) -> float:
        source = self._source(shader, name)
        if source is not None and UsdShade.Utils.GetType(source.GetName()) == OUTPUT:
            return self._scale(source, name)[CHANNELS.get(source.GetBaseName(), 0)]
        value = source.Get(FIRST) if source is not None else None
        return float(value) if isinstance(value, int | float) else default

    def _colour(self, shader: Any, name: str, default: float) -> Three:
        source = self._source(shader, name)
        if source is not None and UsdShade.Utils.GetType(source.GetName()) == OUTPUT:
            r, g, b, _ = self._scale(source, name)
            return r, g, b
        value = source.Get(FIRST) if source is not None else None
        try:
            r, g, b = (float(x) for x in value)  # type: ignore[union-attr]
        except (TypeError, ValueError):
            return default, default, default
        return r, g, b

    def _scale(self, output: Any, name: str) -> tuple[float, float, float, float]:
        """What a texture is multiplied with. A bias has no place in glTF."""
        texture = UsdShade.Shader(output.GetPrim())
        scale, bias = (self._four(texture, word) for word in ("scale", "bias"))
        if bias is not None and any(bias) and name != "normal":
            self.assembly.warn(f"The bias of a texture of {self.name!r} is not read.")
        if scale is None or name == "normal":
            return 1.0, 1.0, 1.0, 1.0
        return scale

    def _four(self, shader: Any, name: str) -> tuple[float, float, float, float] | None:
        source = self._source(shader, name)
        value = source.Get(FIRST) if source is not None else None
        try:
            a, b, c, d = (float(x) for x in value)  # type: ignore[union-attr]
        except (TypeError, ValueError):
            return None
        return a, b, c, d

    def _source(self, shader: Any, name: str) -> Any:
        """The attribute that gives an input its value, however many interfaces are between."""
        given = shader.GetInput(name)
        found = UsdShade.Utils.GetValueProducingAttributes(given) if given else []
        return found[0] if found else None

    def _map(self, shader: Any, name: str) -> Map | None:
        output = self._source(shader, name)
        if output is None or UsdShade.Utils.GetType(output.GetName()) != OUTPUT:
            return None
        texture = UsdShade.Shader(output.GetPrim())
        if texture.GetIdAttr().Get() != TEXTURE:
            self.assembly.warn(f"{name} of material {self.name!r} is no texture that is read.")
            return None
        file = self._source(texture, "file")
        value = file.Get(FIRST) if file is not None else None
        path = self.layers.picture_path(getattr(value, "path", ""))
        if not path:
            self.assembly.warn(f"{name} of material {self.name!r} is a texture without a file.")
            return None
        data = picture_data(self.assembly.source, path)
        image = self.assembly.picture(path, data, f"material {self.name!r}")
        if image is None:
            return None
        wraps = (str(self._value(texture, f"wrap{axis}") or "repeat") for axis in "ST")
        s, t = (WRAPS.get(wrap, REPEAT) for wrap in wraps)
        uv, transform = self._coordinates(texture)
        channel = CHANNELS.get(output.GetBaseName())
        return Map(image, channel, uv, transform, (s, t))

    def _value(self, shader: Any, name: str) -> Any:
        source = self._source(shader, name)
        return source.Get(FIRST) if source is not None else None

    def _coordinates(self, texture: Any) -> tuple[int, Json]:
        """The number of the UV set that a texture reads, and a KHR_texture_transform."""
        here, transform = texture, {}
        for name in ("st", *["in"] * DEEPEST):
            output = self._source(here, name)
            if output is None:
                break
            here = UsdShade.Shader(output.GetPrim())
            kind = here.GetIdAttr().Get()
            if kind == TRANSFORM:
                transform = self._transform(here)
            elif kind == READER:
                return self._uv(str(self._value(here, "varname") or USUAL_UV)), transform
            else:
                break
        return self._uv(USUAL_UV), transform

    def _uv(self, name: str) -> int:
        if name not in self.uv_names:
            self.uv_names.append(name)
        return self.uv_names.index(name)

    def _transform(self, shader: Any) -> Json:
        """USD turns and shifts where v goes upwards, glTF where it goes downwards."""
        degrees = self._number(shader, "rotation", 0.0)
        sx, sy = self._two(shader, "scale", 1.0)
        tx, ty = self._two(shader, "translation", 0.0)
        sine, cosine = float(np.sin(np.radians(degrees))), float(np.cos(np.radians(degrees)))
        offset = [tx - sy * sine, 1 - ty - sy * cosine]
        return {"offset": offset, "rotation": float(np.radians(degrees)), "scale": [sx, sy]}

    def _two(self, shader: Any, name: str, default: float) -> tuple[float, float]:
        value = self._value(shader, name)
        try:
            x, y = (float(n) for n in value)
        except (TypeError, ValueError):
            return default, default
        return x, y
