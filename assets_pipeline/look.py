"""`inspect`: a look into files, in child processes like any other reading."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.audit import audit
from assets_pipeline.confine import Message, Paths, ProcessLimits, Send, confined
from assets_pipeline.describe import describe
from assets_pipeline.errors import PipelineError
from assets_pipeline.measure.deviation import deviation, surface
from assets_pipeline.measure.ssim import ssim
from assets_pipeline.model import Image, Json, Model
from assets_pipeline.readers import WRITTEN, read
from assets_pipeline.readers.pictures import decode
from assets_pipeline.render import VIEWS, Frame, Renderer, webp
from assets_pipeline.render.wire import Picture
from assets_pipeline.transforms import bounds
from assets_pipeline.validator import validate
from assets_pipeline.writers.glb import GlbWriter
from assets_pipeline.writers.twins import plain_pictures

GLB = b"glTF"


def look(path: Path, limits: ProcessLimits) -> Json:
    """The file's description, audit and, for a GLB, the validator's report; or
    `{"problem": …}`."""

    def work(_: Send) -> Json:
        model = read(path, WRITTEN)
        found = describe(model)
        size = path.stat().st_size
        return {
            "file": path.name,
            "bytes": size,
            **found,
            "audit": audit(_decoded(model), size),
            "validator": _validated(path, model),
            "warnings": list(model.warnings),
        }

    return _last(confined(work, path.name, limits, Paths(read=(path,))))


def side_by_side(paths: Sequence[Path], limits: ProcessLimits, studio: Renderer) -> Json:
    """Views of each model with the camera of the first, and how far each is from it.

    `{"views": [{"name", "pictures": [data URI …], "ssim": [None, 0–1 …]}], "deviation":
    [None, [to the first, from the first], …]}` in millimetres; or `{"problem": …}`.
    """

    def work(_: Send) -> Json:
        models = [_decoded(read(path, WRITTEN)) for path in paths]
        corners = bounds(models[0])
        frame = None if corners is None else Frame(_vector(corners[0]), _vector(corners[1]))
        drawn = [_draw(model, studio, frame) for model in models]
        first, *others = map(surface, models)
        apart = (deviation(other, first) for other in others)
        return {
            "views": [
                _view(view.name, [pictures[number] for pictures in drawn])
                for number, view in enumerate(VIEWS)
            ],
            "deviation": [None, *([found.a_to_b_mm, found.b_to_a_mm] for found in apart)],
        }

    return _last(confined(work, paths[0].name, limits, Paths(read=tuple(paths))))


def _last(messages: Iterable[Message]) -> Json:
    last: Json = {}
    for message in messages:
        last = message
    return dict(last.get("result", last))


def _validated(path: Path, model: Model) -> Json:
    with path.open("rb") as file:
        if file.read(len(GLB)) != GLB:
            return {"skipped": "It is not a GLB."}
    (report,) = validate([(path, model)])
    return report


def _decoded(model: Model) -> Model:
    return replace(model, images=tuple(_with_pixels(image) for image in model.images))


def _with_pixels(image: Image) -> Image:
    """As it is where it cannot be decoded: the rest of the model is worth a look all the same."""
    try:
        return decode(image, "An image")
    except PipelineError:
        return image


def _vector(point: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = point.tolist()
    return x, y, z


def _draw(model: Model, studio: Renderer, frame: Frame | None) -> list[Picture]:
    return studio.views(GlbWriter().write(model, plain_pictures(model)), frame=frame)


def _view(name: str, pictures: list[Picture]) -> Json:
    first, *others = pictures
    return {
        "name": name,
        "pictures": [_data_uri(webp(picture)) for picture in pictures],
        "ssim": [None, *(ssim(first[..., :3], other[..., :3]) for other in others)],
    }


def _data_uri(content: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(content).decode()
