"""Passes: frozen values, `Model -> Model`. A recipe is a tuple of them."""

from collections.abc import Callable

from assets_pipeline.model import Model
from assets_pipeline.passes.bleed import BleedColour
from assets_pipeline.passes.channels import TidyTextures
from assets_pipeline.passes.dedup import Dedup
from assets_pipeline.passes.fold_sheen import FoldSheen
from assets_pipeline.passes.instance import Instance
from assets_pipeline.passes.join import Join
from assets_pipeline.passes.normal_scale import BakeNormalScale
from assets_pipeline.passes.normals import ComputeNormals
from assets_pipeline.passes.place import Place, Unit, Up
from assets_pipeline.passes.plain import Dequantize, RequireNothing, Triangulate
from assets_pipeline.passes.profiles import WarnOfProfiles
from assets_pipeline.passes.prune import Prune
from assets_pipeline.passes.quantize import Quantize
from assets_pipeline.passes.reorder import Reorder
from assets_pipeline.passes.resize import ResizeTextures
from assets_pipeline.passes.share import ShareImages
from assets_pipeline.passes.simplify import Simplify
from assets_pipeline.passes.still import Still
from assets_pipeline.passes.weld import Weld

Pass = Callable[[Model], Model]

__all__ = [
    "BakeNormalScale",
    "BleedColour",
    "ComputeNormals",
    "Dedup",
    "Dequantize",
    "FoldSheen",
    "Instance",
    "Join",
    "Pass",
    "Place",
    "Prune",
    "Quantize",
    "Reorder",
    "RequireNothing",
    "ResizeTextures",
    "ShareImages",
    "Simplify",
    "Still",
    "TidyTextures",
    "Triangulate",
    "Unit",
    "Up",
    "WarnOfProfiles",
    "Weld",
]
