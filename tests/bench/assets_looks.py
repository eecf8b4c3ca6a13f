"""How made files look beside the original, and whether they are sound."""

import json
import math
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assets_pipeline.errors import PipelineError
from assets_pipeline.measure.deviation import deviation, surface
from assets_pipeline.measure.ssim import psnr, ssim
from assets_pipeline.model import Model
from assets_pipeline.readers import WRITTEN, read
from assets_pipeline.readers.pictures import decode
from assets_pipeline.render import Frame, Renderer
from assets_pipeline.transforms import bounds
from assets_pipeline.validator import validate
from assets_pipeline.writers.glb import GlbWriter
from assets_pipeline.writers.twins import READ_BY_ALL, plain_pictures

SIZE = 640  # pixels
# Quality 9 of 11: within 2 % of the smallest, at a twentieth of its time.
BROTLI = """
const zlib = require('node:zlib'); const fs = require('node:fs');
const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 9 };
console.log(JSON.stringify(process.argv.slice(1).map(
  (path) => zlib.brotliCompressSync(fs.readFileSync(path), { params }).length)));
"""


@dataclass(frozen=True)
class Likeness:
    """Over the views of one file: red, green and blue beside the original's."""

    mean: float
    worst: float
    psnr: float  # dB, of the mean squared error over all views


@dataclass(frozen=True)
class Soundness:
    """What the validator says of a file and of what is packed inside, and how far it is off."""

    errors: int
    messages: tuple[str, ...]
    deviation_mm: float


class Original:
    """One source, drawn once."""

    def __init__(self, path: Path, renderer: Renderer) -> None:
        self.path, self.renderer = path, renderer
        self.model = read(path)
        corners = bounds(self.model)
        assert corners is not None, f"{path} shows nothing"
        self.frame = Frame(*(tuple(corner.tolist()) for corner in corners))
        self.views = renderer.views(path, size=SIZE, frame=self.frame)

    def likeness(self, glb: bytes) -> Likeness:
        made = self.renderer.views(glb, size=SIZE, frame=self.frame)
        pairs = [(a[..., :3], b[..., :3]) for a, b in zip(self.views, made, strict=True)]
        values = [ssim(a, b) for a, b in pairs]
        all_before, all_after = (np.stack(side) for side in zip(*pairs, strict=True))
        return Likeness(float(np.mean(values)), min(values), psnr(all_before, all_after))

    def soundness(self, path: Path) -> Soundness:
        """Errors of files that cannot be read back count as one more."""
        try:
            model = read(path, WRITTEN)
        except PipelineError as error:
            return Soundness(1, (str(error),), math.inf)
        (report,) = validate([(path, model)])
        if "skipped" in report:
            raise RuntimeError(report["skipped"])
        wrong = tuple(m["code"] for m in report["messages"] if m["severity"] == 0)
        apart = deviation(surface(model), surface(self.model))
        return Soundness(report["errors"], wrong, apart.most_mm)


def twin(path: Path) -> bytes:
    """A file with the same content that Filament can read: unpacked, AVIF decoded."""
    return plain(read(path, WRITTEN))


def plain(model: Model) -> bytes:
    images = tuple(
        image if image.mime in READ_BY_ALL and image.data else decode(image, f"Image {number}")
        for number, image in enumerate(model.images)
    )
    model = replace(model, images=images)
    return GlbWriter().write(model, plain_pictures(model))


def picture_bytes(path: Path) -> int:
    return sum(len(image.data) for image in read(path, WRITTEN).images)


def brotli(paths: Sequence[Path]) -> list[int]:
    """Bytes of each file after brotli."""
    words = ["node", "-e", BROTLI, *map(str, paths)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    sizes: list[int] = json.loads(done.stdout)
    return sizes
