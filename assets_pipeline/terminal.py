"""What people see: progress bars, tables and errors."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from assets_pipeline.amounts import size

Json = dict[str, Any]
out = Console()
err = Console(stderr=True)


def show_build(events: Iterable[Json]) -> list[Json]:
    """Follow a build with one bar per input, then a table for each. Returns the failed events."""
    bars: dict[str, TaskID] = {}
    done: list[Json] = []
    failed: list[Json] = []
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.percentage:>3.0f}% {task.fields[step]}"),
        TimeElapsedColumn(),
        console=err,
        auto_refresh=False,  # a refreshing thread beside fork() could leave a lock behind
    ) as progress:
        for event in events:
            name = event["input"]
            if name not in bars:
                bars[name] = progress.add_task(escape(name), total=1.0, step="")
            if event["event"] == "progress":
                progress.update(
                    bars[name], completed=event["fraction"], step=event["step"], refresh=True
                )
                continue
            (failed if event["event"] == "failed" else done).append(event)
            ended = (
                "failed"
                if event["event"] == "failed"
                else "up to date"
                if "unchanged" in event
                else "done"
            )
            progress.update(bars[name], completed=1.0, step=ended)
            progress.stop_task(bars[name])
    for event in done:
        show_done(event)
    for event in done:
        for warning in event["warnings"]:
            err.print(
                f"[yellow]warning[/] {escape(event['input'])}: {escape(warning)}", highlight=False
            )
    for event in failed:
        show_problem(event["input"], event["error"])
    return failed


def show_done(event: Json) -> None:
    """Folder, size and variants in lines of their own: beside the files, 80 columns cut them."""
    width, height, depth = event["dimensions"]
    out.print(f"[bold]{escape(event['folder'])}[/]", soft_wrap=True, highlight=False)
    out.print(f"  {width:.3g} × {height:.3g} × {depth:.3g} m", highlight=False)
    if event["variants"]:
        names = ", ".join(event["variants"])
        out.print(Padding(f"[dim]variants:[/] {escape(names)}", (0, 0, 0, 2)), highlight=False)
    out.print(Padding(files(event["files"]), (0, 0, 1, 2)))


def files(rows: list[Json]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("file", no_wrap=True)
    for column in ("size", "triangles", "vertices"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            row["name"], size(row["bytes"]), f"{row['triangles']:,}", f"{row['vertices']:,}"
        )
    return table


def show_model(found: Json) -> None:
    """A description from `look` as two tables."""
    facts = Table(title=escape(found["file"]), title_style="bold", show_header=False)
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    unit = " (no unit in this format)" if found["unitless"] else " m"
    rows = {
        "format": found["format"],
        "size": size(found["bytes"]),
        "dimensions": " × ".join(f"{x:.4g}" for x in found["dimensions"]) + unit,
        "triangles": f"{found['triangles']:,}",
        "vertices": f"{found['vertices']:,}",
        "draw calls": str(found["draw_calls"]),
        "nodes, meshes": f"{found['nodes']}, {found['meshes']}",
        "attributes": ", ".join(found["attributes"]),
        "materials": ", ".join(name or "unnamed" for name in found["materials"]),
        "variants": ", ".join(found["variants"]),
        "animations": ", ".join(name or "unnamed" for name in found["animations"]),
        "skins": str(found["skins"] or ""),
        "morph targets": str(found["morph_targets"] or ""),
        "extensions": ", ".join(found["extensions"]),
        "texture memory": size(found["texture_gpu_bytes"]) if found["textures"] else "",
    }
    for name, value in rows.items():
        if value:
            facts.add_row(name, escape(value))
    out.print(facts)
    if found["textures"]:
        out.print(textures(found["textures"]))
    for warning in found["warnings"]:
        err.print(f"[yellow]warning[/] {escape(warning)}", highlight=False)


def textures(rows: list[Json]) -> Table:
    table = Table(header_style="bold")
    table.add_column("texture", overflow="fold")
    table.add_column("used as", overflow="fold")
    table.add_column("type")
    table.add_column("pixels", justify="right")
    table.add_column("size", justify="right")
    for number, row in enumerate(rows):
        table.add_row(
            escape(row["name"]) or str(number),
            ", ".join(slot.removesuffix("Texture") for slot in row["slots"]) or "nothing",
            row["media_type"].removeprefix("image/"),
            f"{row['width']} × {row['height']}",
            size(row["bytes"]),
        )
    return table


def show_problem(name: str, problem: Json) -> None:
    err.print(f"[bold red]error[/] {escape(name)}: [bold]{escape(problem['title'])}[/]")
    err.print(f"  {escape(problem['detail'])}", soft_wrap=True)
