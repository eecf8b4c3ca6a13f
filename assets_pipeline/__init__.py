"""Vitrine's asset pipeline: 3D product models in, files for every device out.

from pathlib import Path
from assets_pipeline import Options, build

for event in build([Path("shoe.glb")], Path("out"), Options(profiles=("web", "headset"))):
    print(event)

A profile of one's own is a value, made of `passes` and a `Recipe`; `Options(custom=…)` takes it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assets_pipeline.builder import Options, build
    from assets_pipeline.recipes import Budget, Profile, Recipe

__all__ = ["Budget", "Options", "Profile", "Recipe", "build"]


def __getattr__(name: str) -> Any:
    """Names are fetched when they are asked for: `--help` should not wait for numpy and trimesh."""
    if name in ("Options", "build"):
        from assets_pipeline import builder as home
    elif name in ("Budget", "Profile", "Recipe"):
        from assets_pipeline import recipes as home  # type: ignore[no-redef]
    else:
        raise AttributeError(name)
    return getattr(home, name)
