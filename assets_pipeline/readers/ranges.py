"""Numbers of materials and samplers that are outside of what glTF allows, brought inside.

Sources: the JSON schemas of glTF 2.0; KHR_materials_emissive_strength for light above one.
"""

from dataclasses import replace
from typing import Any

from assets_pipeline.model import Json, Model

OUT_OF_RANGE = "A material's numbers were outside of what glTF allows; they were brought inside."
STRENGTH = "KHR_materials_emissive_strength"
SAMPLERS = {
    "magFilter": (9728, 9729),
    "minFilter": (9728, 9729, 9984, 9985, 9986, 9987),
    "wrapS": (33071, 33648, 10497),
    "wrapT": (33071, 33648, 10497),
}


def bring_inside(model: Model) -> Model:
    """The same model when all is inside already."""
    samplers = tuple(map(_sampler, model.samplers))
    materials = tuple(map(_material, model.materials))
    if samplers == model.samplers and materials == model.materials:
        return model
    bright = any(STRENGTH in m.get("extensions", {}) for m in materials)
    used = model.used | {STRENGTH} if bright else model.used
    return replace(model, samplers=samplers, materials=materials, used=used).warn(OUT_OF_RANGE)


def _sampler(sampler: Json) -> Json:
    """Without values that are none: then the viewer chooses."""
    kept = {k: v for k, v in sampler.items() if k not in SAMPLERS or _is_one_of(v, SAMPLERS[k])}
    return sampler if len(kept) == len(sampler) else kept


def _is_one_of(value: Any, allowed: tuple[int, ...]) -> bool:
    return type(value) is int and value in allowed


def _material(material: Json) -> Json:
    pbr = dict(material.get("pbrMetallicRoughness", {}))
    for name in ("metallicFactor", "roughnessFactor"):
        if name in pbr and not 0 <= pbr[name] <= 1:
            pbr[name] = _fraction(pbr[name])
    if any(not 0 <= x <= 1 for x in pbr.get("baseColorFactor", ())):
        pbr["baseColorFactor"] = [_fraction(x) for x in pbr["baseColorFactor"]]
    changed = dict(material)
    if "pbrMetallicRoughness" in material:
        changed["pbrMetallicRoughness"] = pbr
    if changed.get("alphaCutoff", 0) < 0:
        changed["alphaCutoff"] = 0.0
    return _glowing(changed)


def _glowing(material: Json) -> Json:
    """Light above one is a factor and a strength."""
    light = [max(0.0, x) for x in material.get("emissiveFactor", ())]
    brightest = max(light, default=0.0)
    if brightest > 1:
        extensions = dict(material.get("extensions", {}))
        given = extensions.get(STRENGTH, {})
        strength = given.get("emissiveStrength", 1.0) * brightest
        extensions[STRENGTH] = {**given, "emissiveStrength": strength}
        light = [x / brightest for x in light]
        return {**material, "emissiveFactor": light, "extensions": extensions}
    if light and light != material["emissiveFactor"]:
        return {**material, "emissiveFactor": light}
    return material


def _fraction(value: float) -> float:
    return min(1.0, max(0.0, value))
