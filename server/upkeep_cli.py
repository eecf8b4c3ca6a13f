"""`vitrine settings | backup | restore | migrate`: keeping a house from the terminal."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from server.terminal import DataOption, console, settings


def add_commands(app: typer.Typer) -> None:
    """To the program's own."""
    app.command("settings")(show_settings)


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
