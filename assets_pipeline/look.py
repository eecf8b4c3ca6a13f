"""`inspect`: a look into one file, in a child process like any other reading."""

from pathlib import Path

from assets_pipeline.confine import Paths, ProcessLimits, confined
from assets_pipeline.describe import describe
from assets_pipeline.model import Json
from assets_pipeline.readers import read


def look(path: Path, limits: ProcessLimits) -> Json:
    """The file's description, or `{"problem": …}`."""

    def work(_: object) -> Json:
        model = read(path)
        return {
            "file": path.name,
            "bytes": path.stat().st_size,
            **describe(model),
            "warnings": list(model.warnings),
        }

    last: Json = {}
    for message in confined(work, path.name, limits, Paths(read=(path,))):
        last = message
    return dict(last.get("result", last))
