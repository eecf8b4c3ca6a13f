"""The studio's light: soft boxes around the product, as the cube map that Filament lights with.

Filament can filter a panorama itself, which takes 13 s on a CPU each time. The same from here, with
sharp levels evaluated and blurred ones summed, takes a fraction of a second.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
SIZES = (128, 64, 32, 16, 8)  # pixels of a face, for roughness 0 … 1
GL_HALF_FLOAT, GL_RGBA, GL_RGBA16F = 0x140B, 0x1908, 0x881A
KTX1 = b"\xabKTX 11\xbb\r\n\x1a\n"


@dataclass(frozen=True)
class SoftBox:
    """A rectangle of light that faces the product from far away.

    Angles in degrees: azimuth from +Z, where the camera stands, towards +X; elevation from the
    horizon. Sizes are tangents of half the angle; `soft` is the width of its edge, likewise.
    """

    azimuth: float
    elevation: float
    width: float
    height: float
    soft: float
    light: tuple[float, float, float]

    def shine(self, directions: Floats) -> Floats:
        """Its light from each of (n, 3) directions, (n, 3)."""
        around, up = np.radians(self.azimuth), np.radians(self.elevation)
        ahead = np.array(
            [np.sin(around) * np.cos(up), np.sin(up), np.cos(around) * np.cos(up)], np.float32
        )
        right = np.array([np.cos(around), 0, -np.sin(around)], np.float32)
        depth = directions @ ahead
        reach = np.maximum(depth, 1e-6)
        aside = np.abs(directions @ right) / reach
        above = np.abs(directions @ np.cross(ahead, right)) / reach
        shown = (depth > 0) * self._edge(self.width - aside) * self._edge(self.height - above)
        return shown[:, None] * np.array(self.light, np.float32)

    def _edge(self, inside: Floats) -> Floats:
        part: Floats = np.clip(inside / self.soft + 0.5, 0, 1)
        return part * part * (3 - 2 * part)


# A warm key, a cooler fill, a strip behind each shoulder for the rims, and a ceiling.
BOXES = (
    SoftBox(-48, 38, 0.62, 0.62, 0.20, (5.6, 5.4, 5.1)),
    SoftBox(62, 18, 0.50, 0.80, 0.40, (1.5, 1.58, 1.68)),
    SoftBox(-142, 22, 0.16, 0.90, 0.12, (6.0, 6.0, 6.1)),
    SoftBox(138, 26, 0.20, 0.90, 0.14, (7.0, 6.9, 6.7)),
    SoftBox(0, 89, 0.75, 0.75, 0.35, (2.6, 2.6, 2.6)),
)
GROUND, HORIZON, CEILING = (0.26, 0.255, 0.25), (0.34, 0.34, 0.35), (0.27, 0.275, 0.285)


def radiance(directions: Floats) -> Floats:
    """Light that comes from each of (n, 3) directions, (n, 3); 1 is about paper white."""
    height = directions[:, 1:2]
    ground, horizon, ceiling = (np.array(c, np.float32) for c in (GROUND, HORIZON, CEILING))
    ends = np.where(height > 0, ceiling, ground)
    light: Floats = (horizon + (ends - horizon) * np.abs(height) ** 0.7).astype(np.float32)
    for box in BOXES:
        light += box.shine(directions)
    return light


def levels() -> Iterator[Floats]:
    """The light as surfaces of rising roughness reflect it, each (6, size, size, 3).

    Sources: Filament's own documentation, sections 5.3.4.2 and 9.5 (GGX with view = normal, which
    makes the kernel a function of one angle).
    """
    source = cube_directions(SIZES[2])
    light = radiance(source)
    for number, size in enumerate(SIZES):
        if number < 2:  # no blurrier than their pixels are wide: four samples in each
            yield _shrunk(radiance(cube_directions(2 * size)), size)
        else:
            alpha = roughness(number / (len(SIZES) - 1)) ** 2
            yield _blurred(cube_directions(size), source, light, alpha).reshape(6, size, size, 3)


def roughness(level: float) -> float:
    """The perceptual roughness that Filament looks up at this part (0 to 1) of the levels."""
    return float(1 - np.sqrt(1 - level))


def harmonics() -> Floats:
    """Diffuse light in Filament's nine terms, (9, 3), fitted to it in 384 directions."""
    normals, source = cube_directions(8), cube_directions(SIZES[2])
    weights = np.maximum(normals @ source.T, 0) * solid_angles(SIZES[2])
    x, y, z = normals.T
    terms = np.stack(
        [np.ones_like(x), y, z, x, y * x, y * z, 3 * z * z - 1, z * x, x * x - y * y], axis=1
    )
    fit: Floats = np.linalg.lstsq(terms, weights @ radiance(source) / np.pi, rcond=None)[0]
    return fit


def cube_directions(size: int) -> Floats:
    """The direction of each pixel of a cube map, (6 · size · size, 3), in OpenGL's order."""
    across = (np.arange(size, dtype=np.float32) + 0.5) * 2 / size - 1
    t, s = np.meshgrid(across, across, indexing="ij")
    one = np.ones_like(s)
    faces = [
        (one, -t, -s),
        (-one, -t, s),
        (s, one, t),
        (s, -one, -t),
        (s, -t, one),
        (-s, -t, -one),
    ]
    directions = np.array([np.stack(face, axis=-1) for face in faces]).reshape(-1, 3)
    unit: Floats = np.divide(directions, np.linalg.norm(directions, axis=1, keepdims=True))
    return unit


def solid_angles(size: int) -> Floats:
    """How much of the sphere each pixel covers, (6 · size · size,), steradians."""
    across = (np.arange(size, dtype=np.float32) + 0.5) * 2 / size - 1
    face = (4 / size**2) / (1 + across[:, None] ** 2 + across**2) ** 1.5
    return np.tile(face.ravel(), 6).astype(np.float32)


def environment_file() -> bytes:
    """The light as a KTX 1 file, which Filament loads as it is."""
    terms = " ".join(f"{value:.6f}" for value in harmonics().ravel())
    note = b"sh\0" + terms.encode() + b"\0"
    notes = struct.pack("<I", len(note)) + note + bytes(-len(note) % 4)
    header = [0x04030201, GL_HALF_FLOAT, 2, GL_RGBA, GL_RGBA16F, GL_RGBA]
    header += [SIZES[0], SIZES[0], 0, 0, 6, len(SIZES), len(notes)]
    content = [KTX1, struct.pack("<13I", *header), notes]
    for level in levels():
        opaque = np.concatenate([level, np.ones_like(level[..., :1])], axis=-1)
        face = opaque.astype("<f2")
        content += [struct.pack("<I", face[0].nbytes), face.tobytes()]
    return b"".join(content)


def _shrunk(light: Floats, size: int) -> Floats:
    shrunk: Floats = light.reshape(6, size, 2, size, 2, 3).mean(axis=(2, 4), dtype=np.float32)
    return shrunk


def _blurred(targets: Floats, source: Floats, light: Floats, alpha: float) -> Floats:
    rows = [_gathered(part, source, light, alpha) for part in np.array_split(targets, 12)]
    return np.concatenate(rows)


def _gathered(targets: Floats, source: Floats, light: Floats, alpha: float) -> Floats:
    cosine = targets @ source.T
    # The half vector's squared cosine is (1 + cosine) / 2.
    below = cosine * np.float32((alpha**2 - 1) / 2) + np.float32((alpha**2 + 1) / 2)
    kernel = np.maximum(cosine, 0, out=cosine)
    kernel /= np.square(below, out=below)
    kernel *= solid_angles(SIZES[2])
    blurred: Floats = (kernel @ light) / kernel.sum(axis=1, keepdims=True)
    return blurred
