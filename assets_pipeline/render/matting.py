"""Transparency from two pictures: what hides the background less lets more of it through."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


def cut_out(dark: Pixels, lit: Pixels, behind: Pixels) -> Pixels:
    """(h, w, 4) straight RGBA of what was drawn before black and before something light.

    `behind` is that light thing alone. What looks right before both looks right before all
    between, in the way that pages blend: glass and edges too.
    """
    part = alpha(dark, lit, behind)[..., None]
    colour = np.minimum(dark[..., :3] / np.maximum(part, 1 / 255), 255)
    both: Pixels = np.rint(np.concatenate([colour, part * 255], axis=-1)).astype(np.uint8)
    return both


def alpha(dark: Pixels, lit: Pixels, behind: Pixels) -> Floats:
    """How much hides what is behind, 0 to 1, (h, w)."""
    through = np.subtract(lit[..., :3], dark[..., :3], dtype=np.float32)
    share = np.mean(through / np.maximum(behind[..., :3], 1), axis=-1, dtype=np.float32)
    hidden: Floats = 1 - np.clip(share, 0, 1)
    return hidden
