"""USD: .usda, .usdc, and USDZ or any zip of layers and pictures (package usd-core).

Shown is what a viewer shows first: the earliest time, the default variants, nothing invisible, no
guides and proxies.
"""

import tempfile
from pathlib import Path

from assets_pipeline.errors import InvalidModel, MissingExtra
from assets_pipeline.model import Model
from assets_pipeline.readers.silence import silence
from assets_pipeline.readers.source import Source


def read_usd(source: Source) -> Model:
    """Raises MissingExtra, InvalidModel, TooLarge. Missing pictures and layers are warnings."""
    try:
        from pxr import Tf

        from assets_pipeline.readers.usd_scene import SceneReader
    except ImportError as error:
        raise MissingExtra(what="Reading USD", extra="usd") from error
    with silence(), tempfile.TemporaryDirectory(prefix="usd-") as folder:
        try:
            return SceneReader(source, Path(folder)).model()
        except Tf.ErrorException as error:
            raise InvalidModel(reason="The USD cannot be read") from error
