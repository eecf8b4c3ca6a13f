"""The `upload` command as people and scripts see it: bars, a table, JSON lines."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from assets_pipeline.amounts import size
from assets_pipeline.bundle import bundle
from assets_pipeline.errors import PipelineError
from assets_pipeline.terminal import err, show_problem
from assets_pipeline.upload import Memory, Source, Unreachable, Uploader, UploadError

Json = dict[str, Any]
# No limit for the whole: a large model takes its time. A line that goes quiet is noticed.
TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
WIDE = 200  # columns: addresses must not be cut, a terminal may wrap them


def upload(models: Sequence[tuple[Path, str | None]], server: str, key: str, as_json: bool) -> int:
    """Send each model with its SKU, one after another. Returns the exit code."""
    watch = Lines() if as_json else Bars()
    with watch:
        results = asyncio.run(_deliver_all(models, server, key, watch))
    watch.show(results)
    return max((result.get("code", 0) for result in results), default=0)


async def _deliver_all(
    models: Sequence[tuple[Path, str | None]], server: str, key: str, watch: "Bars | Lines"
) -> list[Json]:
    results: list[Json] = []
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        uploader = Uploader(session, server, key, Memory.of_user())
        for path, sku in models:
            results.append(await _deliver(path, sku, uploader, watch))
            if results[-1].get("code") == Unreachable.code:
                break
    return results


async def _deliver(path: Path, sku: str | None, uploader: Uploader, watch: "Bars | Lines") -> Json:
    """One model: `{input, asset}`, or `{input, error, code}`."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            source = await asyncio.to_thread(_source, path, sku, Path(folder))
            asset = await uploader.deliver(source, partial(watch.report, path))
    except UploadError as error:
        return {"input": str(path), "error": error.problem(), "code": error.code}
    except PipelineError as error:
        return {"input": str(path), "error": error.problem(), "code": 1}
    except OSError as error:
        problem = {
            "type": "unreadable",
            "title": "The file cannot be read",
            "detail": f"{path}: {error.strerror or error}.",
        }
        return {"input": str(path), "error": problem, "code": 1}
    return {"input": str(path), "asset": asset}


def _source(path: Path, sku: str | None, folder: Path) -> Source:
    return Source.of(bundle(path, folder), sku)


class Bars:
    """One bar for the way up and one for the conversion, per model; then a table."""

    def __init__(self) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            TextColumn("{task.percentage:>3.0f}% {task.fields[step]}"),
            TimeElapsedColumn(),
            console=err,
        )
        self.bars: dict[tuple[Path, str], TaskID] = {}

    def __enter__(self) -> None:
        self.progress.start()

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def report(self, path: Path, fraction: float, step: str) -> None:
        kind, said = ("upload", "") if step == "upload" else ("conversion", step)
        if (path, kind) not in self.bars:
            words = f"{escape(path.name)} [dim]{kind}[/]"
            self.bars[path, kind] = self.progress.add_task(words, total=1.0, step="")
        bar = self.bars[path, kind]
        self.progress.update(bar, completed=fraction, step=escape(said))
        if fraction >= 1.0 and step in {"upload", "ready"}:
            self.progress.stop_task(bar)

    def show(self, results: list[Json]) -> None:
        ready = [result for result in results if "asset" in result]
        if ready:
            Console(width=max(Console().width, WIDE)).print(table(ready))
        for result in ready:
            for warning in result["asset"]["warnings"]:
                err.print(f"[yellow]warning[/] {escape(result['input'])}: {escape(warning)}")
        for result in results:
            if "error" in result:
                show_problem(result["input"], result["error"])


class Lines:
    """JSON lines on stdout, as `build --json` has them."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    def report(self, path: Path, fraction: float, step: str) -> None:
        self._print(
            {"event": "progress", "input": str(path), "fraction": round(fraction, 4), "step": step}
        )

    def show(self, results: list[Json]) -> None:
        for result in results:
            if "asset" in result:
                self._print({"event": "done", "input": result["input"], **result["asset"]})
            else:
                self._print({"event": "failed", "input": result["input"], "error": result["error"]})

    def _print(self, event: Json) -> None:
        sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def table(results: list[Json]) -> Table:
    found = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("file", "size", "triangles", "address"):
        right = column in {"size", "triangles"}
        found.add_column(column, justify="right" if right else "left", no_wrap=True)
    for result in results:
        for file in result["asset"]["files"]:
            found.add_row(
                escape(file["name"]),
                size(file["bytes"]),
                f"{file['triangles']:,}" if file.get("triangles") else "",
                escape(file["url"]),
            )
    return found
