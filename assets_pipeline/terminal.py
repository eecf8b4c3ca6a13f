"""What people see: progress bars, tables and errors."""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from assets_pipeline.amounts import size
from assets_pipeline.page_tables import CHECKS, WARNING, limit_words, told

if TYPE_CHECKING:
    from assets_pipeline.compare import Row

Json = dict[str, Any]
out = Console()
err = Console(stderr=True)
FEW = 20  # inputs that get a table each
FRAME_SECONDS = 0.05


def show_build(events: Iterable[Json], inputs: int, summary: Callable[[], Json]) -> None:
    """Follow a build, one row for each input that is under way; then a table for each that was
    built, or one for all where they are many. What is up to date is only counted."""
    done: list[Json] = []
    failed: list[Json] = []
    with Rows(inputs) as rows:
        for event in events:
            rows.follow(event)
            if event["event"] == "failed":
                failed.append(event)
            elif event["event"] == "done":
                done.append(event)
    built = [event for event in done if not event.get("unchanged")]
    shown = done if len(done) <= FEW else built
    if len(shown) <= FEW:
        for event in shown:
            show_done(event)
    else:
        out.print(many(shown))
    for event in built:
        for words in (*event["warnings"], *event["notes"]):
            err.print(f"[yellow]note[/] {escape(event['input'])}: {escape(words)}", highlight=False)
    for event in failed:
        show_problem(event["input"], event["error"])
    show_summary(summary())


class Rows:
    """The live table: rows of inputs that are under way, and a last one that counts all."""

    def __init__(self, inputs: int) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            TextColumn("{task.percentage:>3.0f}% {task.fields[step]}"),
            TimeElapsedColumn(),
            console=err,
            auto_refresh=False,  # a refreshing thread beside fork() could leave a lock behind
            transient=True,
        )
        self.rows: dict[str, TaskID] = {}
        self.inputs, self.ended, self.drawn = inputs, 0, 0.0
        self.all = self.progress.add_task("[dim]all[/]", total=inputs, step="", visible=inputs > 1)

    def __enter__(self) -> "Rows":
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def follow(self, event: Json) -> None:
        name = event["input"]
        if event["event"] == "progress":
            if name not in self.rows:
                self.rows[name] = self.progress.add_task(escape(name), total=1.0, step="")
            row, step = self.rows[name], escape(event["step"])
            self.progress.update(row, completed=event["fraction"], step=step)
        else:
            if name in self.rows:
                self.progress.remove_task(self.rows.pop(name))
            self.ended += 1
            of_all = f"{self.ended:,} of {self.inputs:,}"
            self.progress.update(self.all, completed=self.ended, step=of_all)
        now = time.monotonic()
        if now - self.drawn > FRAME_SECONDS:  # a thousand unchanged inputs are not drawn one by one
            self.drawn = now
            self.progress.refresh()


def show_done(event: Json) -> None:
    """Folder, size and variants in lines of their own: beside the files, 80 columns cut them."""
    unchanged = " [dim]up to date[/]" if event.get("unchanged") else ""
    width, height, depth = event["dimensions"]
    out.print(f"[bold]{escape(event['folder'])}[/]{unchanged}", soft_wrap=True, highlight=False)
    out.print(f"  {width:.3g} × {height:.3g} × {depth:.3g} m", highlight=False)
    if event["variants"]:
        names = ", ".join(event["variants"])
        out.print(Padding(f"[dim]variants:[/] {escape(names)}", (0, 0, 0, 2)), highlight=False)
    out.print(Padding(files(event["files"]), (0, 0, 1, 2)))


def files(rows: list[Json]) -> Table:
    """Models one by one, pictures summed up."""
    models = [row for row in rows if not row["media_type"].startswith("image/")]
    pictures = [row for row in rows if row["media_type"].startswith("image/")]
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("file", no_wrap=True)
    for column in ("size", "triangles", "vertices"):
        table.add_column(column, justify="right")
    table.add_column("budget")
    for row in models:
        counts = (f"{row['triangles']:,}", f"{row['vertices']:,}")
        table.add_row(escape(row["name"]), size(row["bytes"]), *counts, verdict(row))
    if pictures:
        words = f"[dim]{len(pictures)} pictures[/]"
        table.add_row(words, size(sum(row["bytes"] for row in pictures)))
    return table


def verdict(row: Json) -> str:
    passed = row.get("budget_passed")
    return "" if passed is None else "[green]fits[/]" if passed else "[bold red]over[/]"


def many(events: list[Json]) -> Table:
    """One row per input: the size of each profile's main file, red where it is over budget."""
    profiles = list(
        dict.fromkeys(f["profile"] for e in events for f in e["files"] if "budget_passed" in f)
    )
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("model", overflow="fold")
    for profile in profiles:
        table.add_column(escape(profile), justify="right")
    for event in events:
        main = {f["profile"]: f for f in reversed(event["files"]) if f["lod"] == 0}
        cells = [
            f"[{'default' if f['budget_passed'] else 'bold red'}]{size(f['bytes'])}[/]" if f else ""
            for f in map(main.get, profiles)
        ]
        table.add_row(escape(event["input"]), *cells)
    return table


def show_summary(summary: Json) -> None:
    counts = [f"{summary['built']:,} built", f"{summary['unchanged']:,} unchanged"]
    if summary["failed"]:
        counts.append(f"[bold red]{summary['failed']:,} failed[/]")
    parts = [", ".join(counts)]
    if summary["built"]:
        parts.append(f"{size(summary['bytes_in'])} in, {size(summary['bytes_out'])} out")
    if summary["over_budget"]:
        parts.append(f"[yellow]{summary['over_budget']:,} files over budget[/]")
    err.print(" · ".join([*parts, f"{summary['seconds']:.1f} s"]), highlight=False)


def show_comparison(names: list[str], rows: "Iterable[Row]") -> None:
    """One column a model; what differs from the first is marked."""
    table = Table()
    table.add_column("")
    for name in names:
        table.add_column(escape(name), overflow="fold")
    for row in rows:
        cells = [
            escape(value) + (f" [yellow]{escape(note)}[/]" if note else "")
            for value, note in zip(row.values, row.notes, strict=True)
        ]
        table.add_row(f"[dim]{row.title}[/]" if row.same else row.title, *cells)
    out.print(table)


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
    show_checks(found)
    for warning in found["warnings"]:
        err.print(f"[yellow]warning[/] {escape(warning)}", highlight=False)


def show_checks(found: Json) -> None:
    """The validator's count and worst words, and what the auditor would not let pass."""
    report = found["validator"]
    if "skipped" in report:
        out.print(f"[dim]validator:[/] {escape(report['skipped'])}", highlight=False)
    else:
        colour = "red" if report["errors"] else "green"
        counts = f"{report['errors']} errors, {report['warnings']} warnings"
        out.print(f"[dim]validator:[/] [{colour}]{counts}[/]", highlight=False)
        for said in report["messages"]:
            if said["severity"] <= WARNING:
                words = f"  {said['code']} {said['pointer']}: {said['message']}"
                out.print(escape(words), soft_wrap=True, highlight=False)
    faults = [check for check in found["audit"] if check["passed"] is False]
    out.print(f"[dim]audit:[/] {len(faults)} of {judged(found['audit'])} fail", highlight=False)
    for check in faults:
        words = f"  {CHECKS[check['check']]}: {told(check)}, allowed {limit_words(check['limit'])}"
        out.print(escape(words), soft_wrap=True, highlight=False)


def judged(checks: list[Json]) -> int:
    return sum(check["passed"] is not None for check in checks)


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
