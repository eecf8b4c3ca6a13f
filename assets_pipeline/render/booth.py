"""Filament in a photographer's booth: a GLB goes in, pictures come out.

The only module that imports filly. It runs in the process of `server.py` alone.
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import filly
import numpy as np
from numpy.typing import NDArray

from assets_pipeline.render import backdrop
from assets_pipeline.render.backdrop import Ground
from assets_pipeline.render.lighting import environment_file
from assets_pipeline.render.matting import alpha, cut_out
from assets_pipeline.render.variants import variants_are_whole
from assets_pipeline.render.views import (
    FIELD_OF_VIEW,
    Background,
    Frame,
    Shot,
    Station,
    View,
    station,
)

Pixels = NDArray[np.uint8]  # (size, size, 4) straight RGBA, or 3
Floats = NDArray[np.float32]
SAMPLES = 4  # of each pixel
BRIGHTNESS = 35_000.0  # lux for a light of 1; Filament's camera is set for 30,000
SHADOW_SIZE = 144  # pixels, of the ground: it is blurred anyhow
GROUNDS = 16  # that are remembered: more than there are builds at a time
COARSE = 256  # pixels, of the picture that finds the silhouette
COVERED = 0.03  # of a pixel, and it belongs to the silhouette
PLAIN = 0.6  # linear grey


class Booth:
    """One Filament engine with one scene. Not safe for threads."""

    def __init__(self, started: Callable[[], None] = lambda: None) -> None:
        """`started` is called once it is sure that there will be pictures, a second before."""
        filly.set_log_level("error")
        self.renderer = filly.Renderer()
        started()
        self.scene = self.renderer.create_scene()
        self.camera = self.renderer.create_camera()
        self.camera.set_perspective(fov_y_deg=FIELD_OF_VIEW, near=0.1, far=1.0)
        self.scene.camera = self.camera
        self.scene.environment = self._environment()
        self.scene.environment_intensity = BRIGHTNESS
        self.scene.tone_mapping = "pbr_neutral"  # keeps a product's own colours (Khronos)
        self.scene.msaa = SAMPLES
        self.scene.ssao = True
        self.targets: dict[int, Any] = {}
        self.white = self.against(1.0, 16)[0, 0]  # what tone mapping leaves of it
        self.grounds: OrderedDict[str, Ground] = OrderedDict()

    def _environment(self) -> Any:
        """filly reads files only; this one has no name."""
        file = os.memfd_create("studio")
        try:
            os.write(file, environment_file())
            return self.renderer.load_environment_ktx(f"/proc/self/fd/{file}")
        finally:
            os.close(file)

    def pictures(
        self, glb: bytes, shots: Sequence[Shot], frame: Frame | None, ground: str = ""
    ) -> list[Pixels]:
        """One picture per shot. The frame is the model's own box if none is given. Models with one
        name of a `ground` stand in the shadow of the first of them.

        A variant changes only what it names, and there is no way back but loading anew.
        """
        taken: dict[int, Pixels] = {}
        fresh = not variants_are_whole(glb)
        order = sorted(range(len(shots)), key=lambda number: shots[number].variant is not None)
        for _, numbers in groupby(order, lambda number: fresh and shots[number].variant):
            with self._seated(glb, frame, ground) as sitting:
                taken |= {number: sitting.take(shots[number]) for number in numbers}
        return [taken[number] for number in range(len(shots))]

    @contextmanager
    def _seated(self, glb: bytes, frame: Frame | None, ground: str) -> "Iterator[Sitting]":
        model = self.scene.load(glb)
        try:
            for light in model.lights:
                light.close()  # pictures of all products are lit alike
            known = self.grounds.get(ground)
            sitting = Sitting(self, model, frame or Frame(*map(tuple, model.bounds)), ground=known)
            yield sitting
            if ground and sitting.ground is not None:
                self._remember(ground, sitting.ground)
        finally:
            model.close()

    def _remember(self, name: str, ground: Ground) -> None:
        self.grounds[name] = ground
        self.grounds.move_to_end(name)
        if len(self.grounds) > GROUNDS:
            self.grounds.popitem(last=False)

    def aim(self, stand: Station, frame: Frame) -> None:
        size = frame.diagonal
        self.camera.set_perspective(
            fov_y_deg=FIELD_OF_VIEW,
            aspect=1.0,
            near=max(stand.distance - 2 * size, stand.distance * 0.02),
            far=stand.distance + 12 * size,
        )
        self.camera.position = stand.position.tolist()
        self.camera.look_at((stand.position + stand.ahead).tolist(), stand.up.tolist())
        self.scene.environment_rotation_deg = stand.azimuth

    def render(self, size: int) -> Pixels:
        if size not in self.targets:
            self.targets[size] = self.renderer.create_render_target(width=size, height=size)
        self.renderer.render(self.scene, self.targets[size])
        picture: Pixels = self.targets[size].read()
        return picture

    def against(self, grey: float, size: int) -> Pixels:
        self.scene.background = (grey, grey, grey, 1.0)
        return self.render(size)

    def coverage(self, size: int) -> Floats:
        """How much of each pixel is hidden, 0 to 1."""
        return alpha(self.against(0.0, size), self.against(1.0, size), self.white)

    def hang(self, stand: Station, frame: Frame, light: Floats) -> Any:
        """The backdrop as a cloth behind everything, so that glass shows it bent."""
        far = stand.distance + 4 * frame.diagonal
        reach = far * np.tan(np.radians(FIELD_OF_VIEW / 2))
        middle = stand.position + far * stand.ahead
        sides = ((-1, 1), (1, 1), (1, -1), (-1, -1))
        corners = [middle + reach * (x * stand.right + y * stand.up) for x, y in sides]
        cloth = self.scene.create_mesh(
            np.array(corners, np.float32),
            np.array([[0, 2, 1], [0, 3, 2]], np.uint32),
            normals=np.tile(-stand.ahead, (4, 1)).astype(np.float32),
            uvs=np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32),
            unlit=True,
            double_sided=True,
        )
        cloth.node(0).material().base_color_texture = self.renderer.create_texture(
            np.ascontiguousarray(light), color_space="linear", wrap="clamp"
        )
        return cloth


@dataclass
class Sitting:
    """One model in front of the camera.

    Variants change materials, not shapes: the silhouette and the shadow are found once.
    """

    booth: Booth
    model: Any
    frame: Frame
    variant: str | None = None
    ground: Ground | None = None
    stands: dict[View, Station] = field(default_factory=dict)
    latest: tuple[Any, Pixels] | None = None  # in the studio, for the cut-out beside it

    def take(self, shot: Shot) -> Pixels:
        """Raises ValueError for a variant that the model does not have."""
        if shot.variant is not None and shot.variant != self.variant:
            self.model.apply_variant(self.model.variants.index(shot.variant))
            self.variant = shot.variant
        stand = self._stand(shot)
        if shot.background is Background.PLAIN:
            self.booth.aim(stand, self.frame)
            return self.booth.against(PLAIN, shot.size)
        cloth = backdrop.backdrop(stand, self._ground(), shot.size // 2)
        lit = self._lit(shot, stand, cloth)
        if shot.background is Background.STUDIO:
            return lit
        self.model.visible = False
        behind = self._before(cloth, stand, shot.size)
        self.model.visible = True
        return cut_out(self.booth.against(0.0, shot.size), lit, behind)

    def _stand(self, shot: Shot) -> Station:
        stand = station(shot.view, self.frame)
        if not shot.close:
            return stand
        if shot.view not in self.stands:
            self.booth.aim(stand, self.frame)
            self.stands[shot.view] = stand.closer(self.booth.coverage(COARSE) > COVERED)
        return self.stands[shot.view]

    def _lit(self, shot: Shot, stand: Station, cloth: Floats) -> Pixels:
        """The picture in the studio."""
        key = (shot.view, shot.close, shot.size, self.variant)
        if self.latest is None or self.latest[0] != key:
            self.latest = (key, self._before(cloth, stand, shot.size))
        return self.latest[1]

    def _before(self, light: Floats, stand: Station, size: int) -> Pixels:
        self.booth.aim(stand, self.frame)
        cloth = self.booth.hang(stand, self.frame, light)
        try:
            return self.booth.render(size)
        finally:
            cloth.close()

    def _ground(self) -> Ground:
        if self.ground is None:
            self.ground = self._seen_from_below()
        return self.ground

    def _seen_from_below(self) -> Ground:
        """The shadow of what is near the ground, slice by slice."""
        centre, side = backdrop.ground_square(self.frame)
        height = max(self.frame.high[1] - self.frame.low[1], side / 100)
        camera = self.booth.camera
        camera.position = (centre[0], centre[1] - side, centre[2])
        camera.look_at(centre, (0.0, 0.0, 1.0))
        heights, covered = [part * height for part in backdrop.SLICES], []
        for above in heights:
            camera.set_orthographic(height=side, near=side / 100, far=side + above)
            covered.append(self.booth.coverage(SHADOW_SIZE))
        return Ground(centre, side, backdrop.shadow(covered, heights, side))
