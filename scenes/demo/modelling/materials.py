"""What a surface is made of, in the terms of glTF."""

from __future__ import annotations

from dataclasses import dataclass

from scenes.demo.modelling.textures import Pixels, Surface


@dataclass(frozen=True, eq=False)
class Material:
    """A glTF metallic-roughness material; colours are '#rrggbb' in sRGB."""

    name: str
    tint: str = "#ffffff"
    surface: Surface | None = None
    roughness: float = 1.0
    metallic: float = 0.0
    picture: Pixels | None = None  # base colour (RGB or RGBA) when it is no Surface
    glow: str | None = None
    glow_strength: float = 1.0
    glow_picture: Pixels | None = None
    clearcoat: float = 0.0
    clearcoat_roughness: float = 0.05
    sheen: str | None = None
    sheen_roughness: float = 0.6
    opacity: float = 1.0
    blend: bool = False
    two_sided: bool = False
    bump: float = 1.0  # scale of the normal map
    flat: bool = False  # leave the normal map out
    plain: bool = False  # leave the base colour texture out
    matt: bool = False  # leave the roughness texture out

    @property
    def textured(self) -> bool:
        pictures = (self.surface, self.picture, self.glow_picture)
        return any(picture is not None for picture in pictures)
