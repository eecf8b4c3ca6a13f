"""The `inspect` command once its words are understood."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from assets_pipeline.compare import comparison_page, rows
from assets_pipeline.confine import ProcessLimits
from assets_pipeline.errors import NoRenderer, NotWritable
from assets_pipeline.look import look, side_by_side
from assets_pipeline.model import Json
from assets_pipeline.render import renderer
from assets_pipeline.terminal import show_comparison, show_model, show_problem


def run(files: Sequence[Path], html: Path | None, limits: ProcessLimits, as_json: bool) -> int:
    """The command's exit code."""
    looked = [(path, look(path, limits)) for path in files]
    found = [(path, model) for path, model in looked if "problem" not in model]
    for path, model in looked:
        if "problem" in model:
            show_problem(path.name, model["problem"])
    models = [model for _, model in found]
    if as_json:
        for model in models:
            sys.stdout.write(json.dumps(model, ensure_ascii=False) + "\n")
    elif len(models) == 1:
        show_model(models[0])
    elif models:
        show_comparison([model["file"] for model in models], rows(models))
    written = html is None or not found or _write_page(html, found, limits)
    return 0 if written and len(found) == len(looked) else 1


def _write_page(html: Path, found: list[tuple[Path, Json]], limits: ProcessLimits) -> bool:
    """A page without pictures, and a word why, where there can be none."""
    looks, note = _pictures([path for path, _ in found], limits)
    try:
        html.write_text(
            comparison_page([model for _, model in found], looks, note), encoding="utf-8"
        )
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "Choose another place with --html."
        show_problem(html.name, NotWritable(path=html, reason=reason, remedy=remedy).problem())
        return False
    return True


def _pictures(paths: list[Path], limits: ProcessLimits) -> tuple[Json | None, str | None]:
    try:
        with renderer() as studio:
            looks = side_by_side(paths, limits, studio)
    except NoRenderer as why:
        return None, str(why)
    return (None, looks["problem"]["detail"]) if "problem" in looks else (looks, None)
