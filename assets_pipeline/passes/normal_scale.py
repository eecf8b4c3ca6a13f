"""How strong bumps are, as a matter of the picture: for formats that have no number for it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.materials import change_texture_infos
from assets_pipeline.model import Image, Json, Model, Texture


@dataclass(frozen=True)
class BakeNormalScale:
    """`normalTexture.scale` goes into the pixels, one picture for each strength in use."""

    def __call__(self, model: Model) -> Model:
        scaled = _Scaled(model)
        materials = tuple(change_texture_infos(m, scaled.point) for m in model.materials)
        return replace(
            model,
            materials=materials,
            textures=(*model.textures, *scaled.textures),
            images=(*model.images, *scaled.images),
        )


class _Scaled:
    """The pictures and textures that join the model's, each made once."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.textures: list[Texture] = []
        self.images: list[Image] = []
        self._made: dict[tuple[int, float], int] = {}  # texture by old texture and scale

    def point(self, slot: str, info: Json) -> None:
        """Let a textureInfo show the picture that needs no scale."""
        scale = float(info.get("scale", 1))
        image = self.model.textures[info["index"]].image
        if slot != "normalTexture" or scale == 1 or image is None:
            return
        pixels = self.model.images[image].pixels
        if pixels is None or pixels.ndim != 3:
            return
        key = (info["index"], scale)
        if key not in self._made:
            self._made[key] = len(self.model.textures) + len(self.textures)
            self.textures.append(
                replace(
                    self.model.textures[info["index"]],
                    image=len(self.model.images) + len(self.images),
                )
            )
            self.images.append(self.model.images[image].with_pixels(scale_normals(pixels, scale)))
        info["index"] = self._made[key]
        del info["scale"]


def scale_normals(pixels: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """The picture whose normals are those of `pixels` (h, w, 3 or 4) with X and Y times `scale`.

    glTF normalizes after scaling (2.0, section 3.9.3), so the result holds unit vectors.
    """
    normals = pixels[..., :3].astype(np.float32) * np.float32(2 / 255) - 1
    normals[..., :2] *= np.float32(scale)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    normals /= np.where(length > 0, length, 1)
    result = pixels.copy()
    result[..., :3] = np.rint((normals + 1) * 127.5)
    return result
