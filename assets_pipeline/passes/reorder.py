"""Triangles and vertices in the order that compresses best."""

from dataclasses import dataclass, replace

import meshopt
import numpy as np

from assets_pipeline.model import TRIANGLES, Model, Primitive

# meshoptimizer looks at all triangles of a corner for each that it places: without end where a
# hundred thousand meet in one. Products stay below a hundredth of this.
MOST_STEPS = 2_000_000_000


@dataclass(frozen=True)
class Reorder:
    """Triangles as in a strip, vertices as they are first used.

    `for_size` favours the codec; otherwise the GPU's vertex cache.
    """

    for_size: bool = True

    def __call__(self, model: Model) -> Model:
        return model.map_primitives(lambda p: reorder_primitive(p, self.for_size))


def reorder_primitive(primitive: Primitive, for_size: bool) -> Primitive:
    if primitive.mode != TRIANGLES or primitive.indices is None or not len(primitive.indices):
        return primitive
    if int(np.bincount(primitive.indices).max()) * primitive.triangles > MOST_STEPS:
        return primitive
    indices, place, used = meshopt.reorder_mesh(primitive.indices, True, for_size)
    rows = np.empty(used, np.int64)
    drawn = place < used  # vertices that nobody draws get the highest number instead of a place
    rows[place[drawn]] = np.flatnonzero(drawn)
    return replace(primitive.take(rows, indices.astype(np.uint32)))
