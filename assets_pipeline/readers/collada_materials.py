"""COLLADA's effects as surfaces. Source: COLLADA 1.4.1, chapter 8, <profile_COMMON>.

Phong and Blinn have no metal: it becomes 0. Their exponent becomes roughness, see
surface.roughness_of_shininess; Lambert is fully rough. Colours are what the screen shows, except
from Blender, which writes linear light.
"""

from collections.abc import Callable
from urllib.parse import unquote

import numpy as np

from assets_pipeline.errors import InvalidModel
from assets_pipeline.readers.assembly import Assembly
from assets_pipeline.readers.collada_xml import Element
from assets_pipeline.readers.packing import ALPHA, CLAMP, MIRROR, REPEAT, Map, bumps, pixels_of
from assets_pipeline.readers.surface import Surface, Three, linear, roughness_of_shininess

SHADERS = ("phong", "blinn", "lambert", "constant")
WRAPS = {"WRAP": REPEAT, "MIRROR": MIRROR, "CLAMP": CLAMP, "BORDER": CLAMP, "NONE": CLAMP}
FRACTION_OF = 128.0  # exporters that write shininess in 0–1 mean a fraction of OpenGL's largest
LUMINANCE = (0.212671, 0.715160, 0.072169)  # of <transparent opaque="RGB_ZERO">, by the spec
Find = Callable[[str], Element | None]
Sets = Callable[[str], int]  # a texture's texcoord name → the number of the UV set


def read_surface(
    assembly: Assembly, find: Find, material: Element, sets: Sets, *, linear_light: bool
) -> Surface:
    """What a <material> looks like; grey, with a warning, when its effect is not read."""
    name = material.get("name") or material.get("id")
    instance = material.first("instance_effect")
    effect = find(instance.get("url")) if instance is not None else None
    profile = effect.first("profile_COMMON") if effect is not None else None
    technique = profile.first("technique") if profile is not None else None
    if profile is not None and technique is not None:
        for shader in technique.children:
            if shader.name in SHADERS:
                reader = ShaderReader(assembly, find, profile, sets, name)
                return reader.surface(technique, shader, linear_light=linear_light)
    assembly.warn(f"The material {name!r} has no effect that is read; it becomes grey.")
    return Surface(name, colour=(0.5, 0.5, 0.5))


class ShaderReader:
    def __init__(
        self, assembly: Assembly, find: Find, profile: Element, sets: Sets, name: str
    ) -> None:
        self.assembly, self.find, self.sets, self.name = assembly, find, sets, name
        self.params = {p.get("sid"): p for p in profile.all("newparam")}

    def surface(self, technique: Element, shader: Element, *, linear_light: bool) -> Surface:
        def light(slot: Element | None, default: Three) -> Three:
            r, g, b = self._colour(slot, default)[:3]
            return (r, g, b) if linear_light else linear((r, g, b))

        unlit = shader.name == "constant"
        lit = "emission" if unlit else "diffuse"
        colour = light(shader.first(lit), (1.0, 1.0, 1.0))
        emissive, glow = (0.0, 0.0, 0.0), None
        if not unlit:
            glow = self._map(shader.first("emission"))
            emissive = (1.0, 1.0, 1.0) if glow else light(shader.first("emission"), (0.0, 0.0, 0.0))
        bump = next((e for e in technique.walk() if e.name == "bump" and e.children), None)
        base = self._map(shader.first(lit))
        return Surface(
            self.name,
            colour=(1.0, 1.0, 1.0) if base is not None else colour,
            alpha=self._alpha(shader),
            roughness=self._roughness(shader),
            emissive=emissive,
            double_sided=any(
                e.name == "double_sided" and e.text.strip() == "1" for e in technique.walk()
            ),
            colour_map=base,
            alpha_map=self._alpha_map(shader),
            emissive_map=glow,
            normal_map=self._bumps(bump),
            extensions={"KHR_materials_unlit": {}} if unlit else {},
        )

    def _roughness(self, shader: Element) -> float:
        if shader.name in ("lambert", "constant"):
            return 1.0
        exponent = self._number(shader.first("shininess"), 10.0)
        return roughness_of_shininess(exponent * FRACTION_OF if exponent <= 1 else exponent)

    def _alpha(self, shader: Element) -> float:
        """By the formulas of the spec; but nobody sells what cannot be seen, and many exporters
        mean the opposite, so 0 counts as 1."""
        transparent = shader.first("transparent")
        share = self._number(shader.first("transparency"), 1.0)
        if transparent is None:
            return share if share > 0 else 1.0
        if transparent.first("texture") is not None:
            return 1.0
        r, g, b, a = (*self._colour(transparent, (1.0, 1.0, 1.0)), 1.0)[:4]
        mode = transparent.get("opaque", "A_ONE")
        seen = a if mode.startswith("A_") else float(np.dot((r, g, b), LUMINANCE))
        alpha = seen * share if mode.endswith("_ONE") else 1 - seen * share
        return alpha if alpha > 0 else 1.0

    def _alpha_map(self, shader: Element) -> Map | None:
        transparent = shader.first("transparent")
        shown = self._map(transparent)
        if shown is None or transparent is None:
            return None
        try:
            pixels = pixels_of(shown.image)
        except InvalidModel:
            return None  # the colour map, nearly always the same file, says it
        own = transparent.get("opaque", "A_ONE").startswith("A_") and pixels.ndim == 3
        channel = ALPHA if own and pixels.shape[2] == 4 else 0
        if own and pixels.shape[2] == 3:
            return None  # opaque: its alpha is 1 everywhere
        inverted = transparent.get("opaque", "A_ONE").endswith("_ZERO")
        return Map(shown.image, channel, shown.uv, wrap=shown.wrap, inverted=inverted)

    def _bumps(self, bump: Element | None) -> Map | None:
        shown = self._map(bump)
        try:
            return shown and bumps(shown)
        except InvalidModel as error:
            self.assembly.warn(str(error))
            return None

    def _colour(self, slot: Element | None, default: Three) -> tuple[float, ...]:
        found = self._value(slot, "color")
        numbers = found.numbers().tolist() if found is not None else []
        return tuple(numbers) if len(numbers) >= 3 else default

    def _number(self, slot: Element | None, default: float) -> float:
        found = self._value(slot, "float")
        numbers = found.numbers().tolist() if found is not None else []
        return float(numbers[0]) if numbers else default

    def _value(self, slot: Element | None, kind: str) -> Element | None:
        """A slot's value, or that of the parameter that it names."""
        if slot is None:
            return None
        reference = slot.first("param")
        if reference is None:
            return slot.first(kind)
        parameter = self.params.get(reference.get("ref"))
        if parameter is None:
            return None
        return next((c for c in parameter.children if c.name.startswith("float")), None)

    def _map(self, slot: Element | None) -> Map | None:
        texture = slot.first("texture") if slot is not None else None
        if texture is None:
            return None
        sampler = self._inside(texture.get("texture"), "sampler2D")
        image = self._image(texture.get("texture"), sampler)
        reference = ""
        if image is not None:
            reference = image.word("init_from", "ref") or image.word("init_from")
        if not reference:
            self.assembly.warn(f"Material {self.name!r} has a texture that names no file.")
            return None
        found = self.assembly.picture(unquote(reference), None, f"material {self.name!r}")
        wrap = (REPEAT, REPEAT)
        if sampler is not None:
            s, t = (WRAPS.get(sampler.word(f"wrap_{axis}") or "WRAP", REPEAT) for axis in "st")
            wrap = (s, t)
        if found is None:
            return None
        return Map(found, uv=self.sets(texture.get("texcoord")), wrap=wrap)

    def _inside(self, sid: str, kind: str) -> Element | None:
        parameter = self.params.get(sid)
        return parameter.first(kind) if parameter is not None else None

    def _image(self, name: str, sampler: Element | None) -> Element | None:
        """A texture names a sampler, that a surface, and that an image; many name the image."""
        if sampler is not None:
            direct = sampler.first("instance_image")
            if direct is not None:
                return self.find(direct.get("url"))
            surface = self._inside(sampler.word("source"), "surface")
            name = surface.word("init_from") if surface is not None else sampler.word("source")
        return self.find("#" + name)
