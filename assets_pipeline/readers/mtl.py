"""OBJ's material library as surfaces, with the PBR keys that exporters added to it.

Sources: Wavefront's "MTL material format" and, for PBR, Clara.io's extension of it, which Blender
writes. Without those keys there is no metal, and the exponent becomes roughness, see
surface.roughness_of_shininess.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from assets_pipeline.errors import InvalidModel
from assets_pipeline.model import Image, Json
from assets_pipeline.readers.packing import ALPHA, CLAMP, REPEAT, Map, bumps, pixels_of
from assets_pipeline.readers.surface import Surface, Three, linear, roughness_of_shininess

OPTIONS_WITH_VALUES = {  # "-o 0 0 0 wood.png": how many numbers follow each option
    "-blendu": 1, "-blendv": 1, "-boost": 1, "-bm": 1, "-cc": 1, "-clamp": 1, "-imfchan": 1,
    "-mm": 2, "-o": 3, "-s": 3, "-t": 3, "-texres": 1, "-type": 1,
}  # fmt: skip
CHANNELS = {"r": 0, "g": 1, "b": 2, "m": ALPHA, "l": 0, "z": 0}  # of -imfchan
LINEAR_SINCE = "# Blender"  # writes linear light; others write what the screen shows
Statements = dict[str, str]
Load = Callable[[str, str], Image | None]  # a picture by its file's name, for a material


def parse_mtl(text: str) -> dict[str, Statements]:
    """Each material's statements by lower-case key, under the material's name."""
    materials: dict[str, Statements] = {}
    current: Statements = {}
    said = {"linear": "yes"} if text.lstrip("\ufeff").startswith(LINEAR_SINCE) else {}
    for line in text.splitlines():
        key, value, *_ = [*line.strip().split(maxsplit=1), "", ""]  # tabs part words, too
        if key.lower() == "newmtl":
            current = materials.setdefault(value, dict(said))
        elif value and not key.startswith("#"):
            current[key.lower()] = value
    return materials


@dataclass(frozen=True)
class TextureStatement:
    """A `map_` statement taken apart: `-clamp on -s 2 2 1 wood.png`."""

    name: str
    options: dict[str, list[str]]

    def numbers(self, option: str, default: float) -> list[float]:
        """Three of them; what is left out is the default."""
        said = _numbers(" ".join(self.options.get(option, [])))
        return [*said, default, default, default][:3]

    def transform(self) -> Json:
        """OBJ scales and shifts where v goes upwards."""
        sx, sy, _ = self.numbers("-s", 1.0)
        tx, ty, _ = self.numbers("-o", 0.0)
        if (sx, sy, tx, ty) == (1, 1, 0, 0):
            return {}
        return {"offset": [tx, 1 - ty - sy], "scale": [sx, sy]}


def texture_statement(statement: str) -> TextureStatement:
    words, options = statement.split(), {}
    while words and words[0].lower() in OPTIONS_WITH_VALUES:
        option = words[0].lower()
        count = OPTIONS_WITH_VALUES[option]
        if option in ("-o", "-s", "-t"):  # v and w may be left out
            count = next((i for i, w in enumerate(words[1:4]) if not _numbers(w)), 3)
        options[option] = words[1 : 1 + count]
        words = words[1 + count :]
    return TextureStatement(" ".join(words), options)


def read_surface(name: str, mtl: Statements, load: Load) -> Surface:
    """A material of the library; what a picture shows goes before its number."""
    maps = MapReader(name, mtl, load)
    light = (lambda colour: colour) if "linear" in mtl else linear
    base, glow = maps.get("map_kd"), maps.get("map_ke")
    rough, metal = maps.get("map_pr"), maps.get("map_pm")
    opacity = maps.opacity(base)
    white = (1.0, 1.0, 1.0)
    return Surface(
        name,
        # Exporters write a grey or black Kd beside a picture that already has its colour.
        colour=white if base else light(_three(mtl.get("kd"), 1.0)),
        alpha=1.0 if opacity else _one(mtl.get("d"), 1.0 - _one(mtl.get("tr"), 0.0)),
        metallic=1.0 if metal else _one(mtl.get("pm"), 0.0),
        roughness=1.0 if rough else _roughness(mtl),
        emissive=white if glow else light(_three(mtl.get("ke"), 0.0)),
        extensions=_extensions(mtl),
        colour_map=base,
        alpha_map=opacity,
        metallic_map=metal,
        roughness_map=rough,
        emissive_map=glow,
        normal_map=maps.normals(),
        occlusion_map=maps.get("map_ao"),
    )


class MapReader:
    def __init__(self, name: str, mtl: Statements, load: Load) -> None:
        self.name, self.mtl, self.load = name, mtl, load

    def get(self, *keys: str) -> Map | None:
        """The picture of the first of the keys that is there."""
        said = next((self.mtl[key] for key in keys if key in self.mtl), None)
        if said is None:
            return None
        statement = texture_statement(said)
        image = self.load(statement.name, self.name)
        if image is None:
            return None
        clamped = statement.options.get("-clamp", [""])[0].lower() == "on"
        wrap = (CLAMP, CLAMP) if clamped else (REPEAT, REPEAT)
        channel = CHANNELS.get(statement.options.get("-imfchan", [""])[0].lower())
        return Map(image, channel, transform=statement.transform(), wrap=wrap)

    def opacity(self, base: Map | None) -> Map | None:
        """map_d: the alpha of a picture that has one, else its grey."""
        shown = self.get("map_d", "map_opacity")
        try:
            pixels = None if shown is None else pixels_of(shown.image)
        except InvalidModel:
            return None  # it is damaged; the colour map, most often the same file, says so
        if shown is None or pixels is None or shown.channel is not None:
            return shown
        if pixels.ndim == 3 and pixels.shape[2] == 4:
            return replace(shown, channel=ALPHA)
        if base is not None and base.image is shown.image:
            return None  # a colour without alpha is no opacity
        return replace(shown, channel=0)

    def normals(self) -> Map | None:
        direct = self.get("norm", "map_norm", "map_kn")
        if direct is not None:
            return direct
        key = next((k for k in ("map_bump", "bump") if k in self.mtl), None)
        shown = self.get(key) if key else None
        if shown is None or key is None:
            return None
        strength = texture_statement(self.mtl[key]).numbers("-bm", 1.0)[0]
        try:
            return bumps(shown, strength)
        except InvalidModel:
            return None


def _roughness(mtl: Statements) -> float:
    if "pr" in mtl:
        return min(1.0, _one(mtl["pr"], 0.5))
    if not any(_three(mtl.get("ks"), 1.0)):
        return 1.0  # it reflects nothing
    return roughness_of_shininess(_one(mtl.get("ns"), 10.0))


def _extensions(mtl: Statements) -> Json:
    """Clear coat and refraction, where the library speaks of them."""
    made: Json = {}
    if (coat := min(1.0, _one(mtl.get("pc"), 0.0))) > 0:
        made["KHR_materials_clearcoat"] = {
            "clearcoatFactor": coat,
            "clearcoatRoughnessFactor": min(1.0, _one(mtl.get("pcr"), 0.0)),
        }
    return made


def _numbers(statement: str | None) -> list[float]:
    try:
        return [float(word) for word in (statement or "").split()]
    except ValueError:
        return []  # "spectral file.rfl": a form nobody writes, and no reason to refuse the shape


def _one(statement: str | None, default: float) -> float:
    numbers = _numbers(statement)
    return min(1000.0, max(0.0, numbers[-1])) if numbers else default


def _three(statement: str | None, default: float) -> Three:
    r, g, b = ((_numbers(statement) or [default]) * 3)[:3]
    return r, g, b
