"""Pictures of GLB files: the views of a proof, and posters to sell with.

    with renderer() as studio:
        front, *others = studio.views(Path("web.glb"))

Filament draws them in a process of its own (`server`, `booth`); only that process imports it.
"""

from assets_pipeline.render.client import Renderer, renderer
from assets_pipeline.render.posters import Picture, posters, slugs, webp
from assets_pipeline.render.views import POSTER, VIEWS, Background, Frame, Shot, View

__all__ = [
    "POSTER",
    "VIEWS",
    "Background",
    "Frame",
    "Picture",
    "Renderer",
    "Shot",
    "View",
    "posters",
    "renderer",
    "slugs",
    "webp",
]
