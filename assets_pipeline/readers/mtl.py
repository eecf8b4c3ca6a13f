"""OBJ's material library as glTF materials, with the common PBR keys of its exporters."""

from collections.abc import Callable
from dataclasses import dataclass, field

from assets_pipeline.model import Image, Json, Texture

# MTL has no metal and no roughness of its own. Phong's exponent becomes roughness by
# sqrt(2 / (n + 2)), the usual match of Blinn-Phong to GGX (Karis 2013, "Real Shading in UE4").
TRANSPARENT_BELOW = 0.999
OPTIONS_WITH_VALUES = {  # "-o 0 0 0 wood.png": how many numbers follow each option
    "-blendu": 1, "-blendv": 1, "-boost": 1, "-bm": 1, "-cc": 1, "-clamp": 1, "-imfchan": 1,
    "-mm": 2, "-o": 3, "-s": 3, "-t": 3, "-texres": 1, "-type": 1,
}  # fmt: skip


def parse_mtl(text: str) -> dict[str, dict[str, str]]:
    """Each material's statements by lower-case key, under the material's name."""
    materials: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in text.splitlines():
        key, value, *_ = [*line.strip().split(maxsplit=1), "", ""]  # tabs part words, too
        if key.lower() == "newmtl":
            current = materials.setdefault(value, {})
        elif value and not key.startswith("#"):
            current[key.lower()] = value
    return materials


def texture_name(statement: str) -> str:
    """The file name of a `map_` statement, less the options before it."""
    words = statement.split()
    while words and words[0].lower() in OPTIONS_WITH_VALUES:
        words = words[1 + OPTIONS_WITH_VALUES[words[0].lower()] :]
    return " ".join(words)


@dataclass
class MaterialBuilder:
    """Turns MTL materials into glTF's, collecting the pictures that they name.

    `load` gives a picture by its file name, or None; each one missing is warned about once.
    """

    load: Callable[[str], Image | None]
    images: list[Image] = field(default_factory=list)
    textures: list[Texture] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _known: dict[str, int | None] = field(default_factory=dict)

    def build(self, name: str, mtl: dict[str, str]) -> Json:
        colour = _three(mtl.get("kd"), 1.0)
        alpha = _one(mtl.get("d"), 1.0 - _one(mtl.get("tr"), 0.0))
        pbr: Json = {
            "metallicFactor": _one(mtl.get("pm"), 0.0),
            "roughnessFactor": _one(mtl.get("pr"), (2 / (_one(mtl.get("ns"), 10.0) + 2)) ** 0.5),
        }
        material: Json = {"name": name, "pbrMetallicRoughness": pbr}
        if (base := self._texture(name, mtl.get("map_kd"))) is not None:
            pbr["baseColorTexture"] = {"index": base}
            # Exporters write a grey or black Kd beside a picture that already has its colour.
            colour = [1.0, 1.0, 1.0]
        pbr["baseColorFactor"] = [*(min(1.0, max(0.0, c)) for c in colour), alpha]
        normal = mtl.get("norm") or mtl.get("map_norm") or mtl.get("map_kn")
        if (bumps := self._texture(name, normal)) is not None:
            material["normalTexture"] = {"index": bumps}
        if (glow := self._texture(name, mtl.get("map_ke"))) is not None:
            material["emissiveTexture"] = {"index": glow}
            material["emissiveFactor"] = [1.0, 1.0, 1.0]
        elif any(emissive := _three(mtl.get("ke"), 0.0)):
            material["emissiveFactor"] = [min(1.0, max(0.0, c)) for c in emissive]
        if alpha < TRANSPARENT_BELOW or "map_d" in mtl:
            material["alphaMode"] = "BLEND"
        return material

    def _texture(self, material: str, statement: str | None) -> int | None:
        if statement is None:
            return None
        name = texture_name(statement)
        if name not in self._known:
            image = self.load(name)
            if image is None:
                self.warnings.append(
                    f"The texture {name!r} of material {material!r} is missing;"
                    " converted without it."
                )
                self._known[name] = None
            else:
                self.images.append(image)
                self.textures.append(Texture(image=len(self.images) - 1, sampler=0))
                self._known[name] = len(self.textures) - 1
        return self._known[name]


def _numbers(statement: str | None) -> list[float]:
    try:
        return [float(word) for word in (statement or "").split()]
    except ValueError:
        return []  # "spectral file.rfl": a form nobody writes, and no reason to refuse the shape


def _one(statement: str | None, default: float) -> float:
    numbers = _numbers(statement)
    return min(1000.0, max(0.0, numbers[-1])) if numbers else default


def _three(statement: str | None, default: float) -> list[float]:
    numbers = _numbers(statement)
    return (numbers * 3)[:3] if numbers else [default] * 3
