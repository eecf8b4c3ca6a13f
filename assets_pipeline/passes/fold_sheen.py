"""Velvet for viewers that know no sheen."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.model import Json, Model

SHEEN = "KHR_materials_sheen"
# How much light a sheen (Charlie, as in the extension) sends back in all, by roughness 0.0, 0.1 …
# 1.0: integrated with 200,000 samples, light from everywhere, views weighted by their cosine.
ALBEDO = (0.0, 0.035, 0.075, 0.112, 0.144, 0.171, 0.192, 0.209, 0.223, 0.233, 0.242)
DARK = 0.02  # a mean colour below which a texture could not be brightened without harm
SAMPLES = 64  # rows and columns of a picture that its mean colour is taken from


@dataclass(frozen=True)
class FoldSheen:
    """The light that a sheen sends back on average joins the base colour, and the sheen goes.

    A velvet's colour is in its sheen: the sample sofa in navy would be black without. Where the
    base colour has a texture, its factor grows by as much as brings the mean colour there.
    """

    def __call__(self, model: Model) -> Model:
        materials = tuple(fold_sheen(model, material) for material in model.materials)
        return replace(model, materials=materials)


def fold_sheen(model: Model, material: Json) -> Json:
    extensions = dict(material.get("extensions", {}))
    sheen = extensions.pop(SHEEN, None)
    if sheen is None:
        return material
    pbr = dict(material.get("pbrMetallicRoughness", {}))
    factor = [float(f) for f in pbr.get("baseColorFactor", (1, 1, 1, 1))]
    mean = mean_colour(model, pbr.get("baseColorTexture"))
    light = albedo(float(sheen.get("sheenRoughnessFactor", 0)))
    colour = np.array(sheen.get("sheenColorFactor", (0, 0, 0)), np.float64) * light
    lighter = np.minimum(factor[:3] * mean + colour, 1) / mean
    pbr["baseColorFactor"] = [*(round(float(f), 6) for f in lighter), factor[3]]
    folded = {**material, "pbrMetallicRoughness": pbr}
    if extensions:
        return {**folded, "extensions": extensions}
    del folded["extensions"]
    return folded


def albedo(roughness: float) -> float:
    return float(np.interp(roughness, np.linspace(0, 1, len(ALBEDO)), ALBEDO))


def mean_colour(model: Model, info: Json | None) -> NDArray[np.float64]:
    """(3,) linear; white without a texture, and never quite black."""
    image = None if info is None else model.textures[info["index"]].image
    pixels = None if image is None else model.images[image].pixels
    if pixels is None:
        return np.ones(3)
    down, right = (max(1, side // SAMPLES) for side in pixels.shape[:2])
    some = pixels[::down, ::right].astype(np.float64) / 255
    colours = some[..., None].repeat(3, -1) if some.ndim == 2 else some[..., :3]
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    mean: NDArray[np.float64] = linear.reshape(-1, 3).mean(axis=0)
    return np.maximum(mean, DARK)
