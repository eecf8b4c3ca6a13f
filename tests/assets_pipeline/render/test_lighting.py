"""The studio's light as numbers: energy kept, directions right, a file that says what it holds."""

import struct

import numpy as np
import pytest

from assets_pipeline.render import lighting


def test_pixels_of_a_cube_cover_the_sphere_once() -> None:
    assert lighting.solid_angles(16).sum() == pytest.approx(4 * np.pi, rel=1e-3)
    assert np.linalg.norm(lighting.cube_directions(4), axis=1) == pytest.approx(1)


def test_the_middle_of_each_face_looks_along_its_axis() -> None:
    faces = lighting.cube_directions(1).round().astype(int).tolist()
    assert faces == [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]


def test_rough_surfaces_see_the_same_light_less_sharply() -> None:
    sharp, *_, rough = lighting.levels()
    assert rough.max() < sharp.max() / 2
    weights = lighting.solid_angles(len(sharp[0]))
    mean = (sharp.reshape(-1, 3) * weights[:, None]).sum(axis=0) / (4 * np.pi)
    seen = (rough.reshape(-1, 3) * lighting.solid_angles(len(rough[0]))[:, None]).sum(axis=0)
    assert seen / (4 * np.pi) == pytest.approx(mean, rel=0.1)


def test_diffuse_light_is_brighter_from_above_than_from_below() -> None:
    constant, up, *_ = lighting.harmonics()
    assert (up > 0.02).all()
    assert (constant > up).all()


def test_the_file_holds_every_level_of_all_six_faces() -> None:
    content = lighting.environment_file()
    assert content.startswith(lighting.KTX1)
    *_, faces, levels, notes = struct.unpack_from("<13I", content, 12)
    assert (faces, levels) == (6, len(lighting.SIZES))
    at = 64 + notes
    for size in lighting.SIZES:
        (face,) = struct.unpack_from("<I", content, at)
        assert face == size * size * 8
        at += 4 + 6 * face
    assert at == len(content)
