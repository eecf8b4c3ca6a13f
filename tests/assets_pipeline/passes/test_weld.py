"""Welding merges what is alike and changes nothing that is seen."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from assets_pipeline.model import Primitive, Values
from assets_pipeline.passes.reorder import reorder_primitive
from assets_pipeline.passes.weld import weld_primitive


def soup(corners: NDArray[np.float32], colours: NDArray[np.uint8]) -> Primitive:
    attributes = {
        "POSITION": Values(corners, "VEC3"),
        "_MARK": Values(colours.reshape(-1, 1), "SCALAR"),
    }
    return Primitive(attributes)


def drawn(primitive: Primitive) -> list[bytes]:
    """Each triangle as its three corners' bytes, turned so that the least comes first."""
    indices = primitive.indices
    if indices is None:
        indices = np.arange(primitive.vertices, dtype=np.uint32)
    rows = np.hstack(
        [primitive.attributes[n].array.astype(np.float32) for n in ("POSITION", "_MARK")]
    )
    triangles = []
    for a, b, c in indices.reshape(-1, 3):
        turns = [(a, b, c), (b, c, a), (c, a, b)]
        triangles.append(min(b"".join(rows[i].tobytes() for i in turn) for turn in turns))
    return sorted(triangles)


def with_area(primitive: Primitive) -> list[bytes]:
    """Those whose three corners differ."""
    third = 16
    return [
        t for t in drawn(primitive) if len({t[:third], t[third : 2 * third], t[2 * third :]}) == 3
    ]


coarse = arrays.arrays(
    np.float32, st.integers(1, 12).map(lambda n: (3 * n, 3)), elements=st.sampled_from([0, 1, 2])
)


@given(coarse, st.data())
def test_welding_and_reordering_draw_the_same_triangles(
    corners: NDArray[np.float32], data: st.DataObject
) -> None:
    marks = data.draw(arrays.arrays(np.uint8, len(corners), elements=st.sampled_from([0, 1])))
    before = soup(corners, marks)
    welded = weld_primitive(before)
    # One that is nothing but lines keeps them: an empty primitive is not valid glTF.
    seen = with_area(before) or drawn(before)
    assert drawn(welded) == seen
    assert drawn(reorder_primitive(welded, for_size=True)) == seen


@given(coarse)
def test_no_two_welded_vertices_are_alike_and_each_is_drawn(corners: NDArray[np.float32]) -> None:
    welded = weld_primitive(soup(corners, np.zeros(len(corners), np.uint8)))
    positions = welded.attributes["POSITION"].array
    assert len(np.unique(positions, axis=0)) == len(positions)
    assert welded.indices is not None
    assert set(welded.indices.tolist()) == set(range(len(positions)))


def test_vertices_that_differ_in_a_morph_target_stay_apart() -> None:
    same = np.zeros((3, 3), np.float32)
    apart = np.arange(9, dtype=np.float32).reshape(3, 3)
    primitive = Primitive(
        {"POSITION": Values(same, "VEC3")}, targets=({"POSITION": Values(apart, "VEC3")},)
    )
    assert weld_primitive(primitive).vertices == 3
