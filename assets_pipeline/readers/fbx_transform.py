"""Where FBX's nodes stand. Source: "Computing transformation matrices" of Autodesk's FBX SDK."""

import numpy as np

from assets_pipeline.readers.fbx_objects import Properties, number, three
from assets_pipeline.transforms import Matrix

# Which axis turns first, by FBX's number of the order.
ORDERS = ("xyz", "xzy", "yzx", "yxz", "zxy", "zyx")


def local(held: Properties) -> Matrix:
    """T · Roff · Rp · Rpre · R · Rpost⁻¹ · Rp⁻¹ · Soff · Sp · S · Sp⁻¹, 4×4."""
    order = int(number(held, "RotationOrder", 0))
    pivot, scale_pivot = three(held, "RotationPivot", 0.0), three(held, "ScalingPivot", 0.0)
    turn = _turn(three(held, "Lcl Rotation", 0.0), ORDERS[order] if 0 <= order < 6 else "xyz")
    before = _turn(three(held, "PreRotation", 0.0))
    after = _turn(three(held, "PostRotation", 0.0))
    matrix: Matrix = (
        _shift(three(held, "Lcl Translation", 0.0))
        @ _shift(three(held, "RotationOffset", 0.0))
        @ _shift(pivot)
        @ before
        @ turn
        @ after.T
        @ _shift(pivot, -1)
        @ _shift(three(held, "ScalingOffset", 0.0))
        @ _shift(scale_pivot)
        @ np.diag([*three(held, "Lcl Scaling", 1.0), 1.0])
        @ _shift(scale_pivot, -1)
    )
    return matrix


def geometric(held: Properties) -> Matrix:
    """What moves a node's mesh, but not its children."""
    matrix: Matrix = (
        _shift(three(held, "GeometricTranslation", 0.0))
        @ _turn(three(held, "GeometricRotation", 0.0))
        @ np.diag([*three(held, "GeometricScaling", 1.0), 1.0])
    )
    return matrix


def _shift(offset: tuple[float, float, float], sign: int = 1) -> Matrix:
    matrix = np.eye(4)
    matrix[:3, 3] = np.array(offset) * sign
    return matrix


def _turn(degrees: tuple[float, float, float], order: str = "xyz") -> Matrix:
    """Turns about each axis, the first of `order` first."""
    matrix = np.eye(4)
    for axis in order:
        index = "xyz".index(axis)
        angle = np.radians(degrees[index])
        one = np.eye(4)
        a, b = [i for i in range(3) if i != index]
        sign = -1.0 if index == 1 else 1.0
        one[a, a] = one[b, b] = np.cos(angle)
        one[b, a], one[a, b] = sign * np.sin(angle), -sign * np.sin(angle)
        matrix = one @ matrix
    return matrix
