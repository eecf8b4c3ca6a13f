"""`vitrine settings | backup | restore | migrate`: keeping a house from the terminal."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from server.terminal import DataOption, console, run, settings

if TYPE_CHECKING:
    from server.transfer.commands import Done, Report

NO_FILES = "none"
BlobsOption = Annotated[
    str | None,
    typer.Option(
        "--blobs",
        help="Where the files of the backup are: file:///…, s3://bucket/prefix, or none.",
        show_default="blobs/ beside FILE",
    ),
]


def add_commands(app: typer.Typer) -> None:
    """To the program's own."""
    app.command("settings")(show_settings)
    app.command("backup")(backup)
    app.command("restore")(restore)
    app.command("migrate")(migrate)


def show_settings(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As docs/settings.md has them.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Every setting with the value that applies here; secrets are only said to be set.

    [bold]VITRINE_PORT=9000 vitrine settings[/bold]
    """
    from server.settings_page import page, present

    if markdown:
        typer.echo(page(), nl=False)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("variable", "value", "what"):
        table.add_column(column)
    for knob, value in present(settings(data=data)):
        changed = value != knob.default
        table.add_row(knob.variable, f"[bold]{escape(value)}[/]" if changed else value, knob.told)
    console.print(table)


def backup(
    file: Annotated[Path, typer.Argument(help="To be made; it must not be there yet.")],
    blobs: BlobsOption = None,
    data: DataOption = None,
) -> None:
    """Save everything, beside a running server as well; of files only those that are new.

    [bold]vitrine backup /backups/$(date +%F).vitrine[/bold]     files go to /backups/blobs

    [bold]vitrine backup FILE --blobs none[/bold]                where S3 has copies of its own
    """
    from server.transfer import commands

    given = settings(data=data)
    done = work(lambda report: commands.backup(given, file, place_of(blobs), report))
    console.print(f"{escape(str(file))} holds {told(done)}.")


def restore(
    file: Annotated[Path, typer.Argument(help="Made by `vitrine backup`.")],
    blobs: BlobsOption = None,
    data: DataOption = None,
) -> None:
    """Bring a backup back, into a place that is empty; done again, it goes on where it was.

    [bold]vitrine restore /backups/2026-11-22.vitrine --data /srv/vitrine[/bold]

    [bold]VITRINE_DATABASE_URL=mongodb://… vitrine restore FILE[/bold]
    """
    from server.transfer import commands

    given = settings(data=data)
    done = work(lambda report: commands.restore(given, file, place_of(blobs), report))
    console.print(f"Brought back and compared: {told(done)}.")


def migrate(
    to: Annotated[str, typer.Option("--to", help="mongodb://host/name: where documents go.")] = "",
    blobs_to: Annotated[str, typer.Option("--blobs-to", help="s3://…: where files go.")] = "",
    data: DataOption = None,
) -> None:
    """Move a house to other engines, which must be empty. Stop its servers first.

    What it has stays where it is. When it breaks off, do it again: it goes on.

    [bold]vitrine migrate --to mongodb://db/vitrine --blobs-to s3://vitrine/blobs[/bold]
    """
    from server.transfer import commands

    given = settings(data=data)
    done = work(lambda report: commands.migrate(given, to, blobs_to, report))
    console.print(f"Moved and compared: {told(done)}. From now on, start servers with")
    for name, value in (("DATABASE_URL", to), ("BLOBS_URL", blobs_to)):
        if value:
            console.print(f"  VITRINE_{name}={escape(value)}")
    if to and not given.secret:
        console.print(
            "  VITRINE_SECRET=…   the same for all nodes; who is signed in signs in again"
        )


def place_of(blobs: str | None) -> str | None:
    return "" if blobs == NO_FILES else blobs


def told(done: "Done") -> str:
    found = f"{done.documents.documents} documents"
    if done.files is None:
        return f"{found}, no files"
    new, there = done.files.files, done.files.there
    return f"{found}, {new} files ({done.files.bytes / 1e6:.1f} MB), {there} were there"


def work(job: "Callable[[Report], Coroutine[Any, Any, Done]]") -> "Done":
    """With a bar for each part, where somebody watches."""
    with bars() as report:
        done: Done = run(job(report))
    return done


@contextmanager
def bars() -> "Iterator[Report]":
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as progress:
        tasks: dict[str, Any] = {}

        def report(part: str, done: int, total: int | None) -> None:
            if part not in tasks:
                tasks[part] = progress.add_task(part, total=None)
            progress.update(tasks[part], completed=done, total=total)

        yield report
