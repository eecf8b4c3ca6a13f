"""One picture for all textures that show the same."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from assets_pipeline.model import Image, Model

SAMPLED = 61  # of so many rows one: enough to tell nearly all pictures apart


@dataclass(frozen=True)
class ShareImages:
    """Merge images of equal pixels, whatever files they came in: exporters write one for each
    material. Of their files the smallest stays. Names of images show nowhere; extras are kept by
    leaving images apart that differ in them.
    """

    def __call__(self, model: Model) -> Model:
        kept: list[Image] = []
        numbers: list[int] = []
        alike: dict[Hashable, list[int]] = defaultdict(list)
        for image in model.images:
            candidates = alike[_likeness(image)]
            same = next((i for i in candidates if _same(kept[i], image)), None)
            if same is None:
                same = len(kept)
                candidates.append(same)
                kept.append(image)
            elif 0 < len(image.data) < len(kept[same].data):
                kept[same] = replace(kept[same], data=image.data, mime=image.mime)
            numbers.append(same)
        textures = (
            t if t.image is None else replace(t, image=numbers[t.image]) for t in model.textures
        )
        return replace(model, images=tuple(kept), textures=tuple(textures))


def _likeness(image: Image) -> Hashable:
    """Equal for equal pictures, and cheap."""
    if image.pixels is None:
        return image.data
    return image.pixels.shape, image.pixels[::SAMPLED].tobytes()


def _same(a: Image, b: Image) -> bool:
    if a.extras != b.extras or a.extensions != b.extensions:
        return False
    if a.pixels is None or b.pixels is None:
        return a.pixels is b.pixels and a.data == b.data
    return np.array_equal(a.pixels, b.pixels)
