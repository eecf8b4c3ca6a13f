"""Levels of detail: who wins, what is said of it, and files that fit."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assets_pipeline import programs
from assets_pipeline.errors import RenderFailed
from assets_pipeline.levels import fit_bytes, make_levels, screen_size
from assets_pipeline.measure.deviation import Deviation
from assets_pipeline.model import Model
from assets_pipeline.passes.simplify import METHODS, triangles
from assets_pipeline.programs import MissingProgram
from assets_pipeline.recipes import Lod
from assets_pipeline.render import Renderer
from tests.assets_pipeline.surfaces import two_patches

WANTED = (Lod(0.25, 512), Lod(0.10, 256))
NAMES = [method.name for method in METHODS]


@pytest.fixture(autouse=True)
def _needs_npm() -> None:
    try:
        programs.package("meshoptimizer")
    except MissingProgram as missing:
        pytest.skip(str(missing))


class Painter(Renderer):
    """Paints every picture alike but for noise, of which the one call in question has none."""

    def __init__(self, best_call: int) -> None:
        self.calls, self.best = 0, best_call

    def views(self, glb: Any, *, size: int = 640, **_: Any) -> list[NDArray[np.uint8]]:
        picture = np.random.default_rng(1).integers(0, 200, (size, size, 4)).astype(np.uint8)
        if self.calls >= 1 and self.calls != self.best:  # the first is of the whole model
            picture[::3] += np.uint8(40)
        self.calls += 1
        return [picture]


class Broken(Renderer):
    def __init__(self) -> None: ...

    def views(self, *_: Any, **__: Any) -> list[NDArray[np.uint8]]:
        raise RenderFailed(reason="The renderer stopped")


def test_without_pictures_the_nearest_surface_wins_and_the_notes_say_so() -> None:
    notes: list[str] = []
    fine, coarse = make_levels(two_patches(), WANTED, None, notes=notes)
    assert fine.triangles <= 288
    assert coarse.triangles <= 115
    (note,) = notes
    assert "no pictures" in note
    for level in (fine, coarse):
        measured = {c.simplifier: c.deviation.most_mm for c in level.candidates if c.deviation}
        assert list(measured) == NAMES
        assert level.deviation.most_mm == min(measured.values())
    assert fine.deviation.most_mm < coarse.deviation.most_mm
    assert fine.screen_size > coarse.screen_size
    assert coarse.model.meshes[0].name == "hill"


@pytest.mark.parametrize("best", range(4))
def test_with_pictures_the_most_alike_wins(best: int) -> None:
    (level,) = make_levels(two_patches(), WANTED[:1], Painter(best_call=1 + best), notes=[])
    assert level.simplifier == NAMES[best]
    scores = [c.ssim for c in level.candidates]
    assert scores[best] == 1
    assert all(score is not None and score < 0.99 for i, score in enumerate(scores) if i != best)
    assert level.deviation.most_mm > 0


def test_a_renderer_that_fails_is_no_reason_to_fail() -> None:
    notes: list[str] = []
    (level,) = make_levels(two_patches(), WANTED[:1], Broken(), notes=notes)
    assert all(candidate.ssim is None for candidate in level.candidates)
    assert notes == ["Levels are chosen by measured deviation: The renderer stopped."]


def test_a_level_serves_where_what_is_furthest_off_is_one_pixel_off() -> None:
    box = np.zeros(3), np.array([0.3, 0.4, 1.2])  # 1.3 m across
    size = screen_size(Deviation(5.0, 2.0, 0.1), box)
    assert size * 2208 / 1.3 * 0.005 == pytest.approx(1)
    assert screen_size(Deviation(0.1, 0.1, 0.1), box) == 1


def weigh(model: Model, texture_size: int) -> tuple[bytes, int]:
    """Ten bytes a triangle, a tenth of a byte a texel."""
    pictures = texture_size**2 // 10
    return bytes(pictures + 10 * triangles(model)), pictures


def test_triangles_go_until_a_file_fits() -> None:
    fitted = fit_bytes(two_patches(), 9_000, 256, weigh)
    pictures = 6553
    assert len(fitted) <= 9_000
    assert len(fitted) > 0.6 * (9_000 - pictures) + pictures  # and no more than need be


def test_pictures_that_leave_no_room_are_halved_before_triangles_go() -> None:
    tried: list[tuple[int, int]] = []

    def write(model: Model, texture_size: int) -> tuple[bytes, int]:
        tried.append((triangles(model), texture_size))
        return weigh(model, texture_size)

    assert len(fit_bytes(two_patches(), 14_000, 512, write)) <= 14_000
    assert tried == [(1152, 512), (1152, 256), (tried[-1][0], 256)]


def test_a_file_that_cannot_fit_ends_after_a_few_tries() -> None:
    tried: list[int] = []

    def write(model: Model, texture_size: int) -> tuple[bytes, int]:
        tried.append(triangles(model))
        return weigh(model, texture_size)

    fit_bytes(two_patches(), 10, 64, write)
    assert len(tried) == 6
