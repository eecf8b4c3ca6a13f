"""What every command of the terminal shares: where it prints, its settings, how its job runs."""

import asyncio
import contextlib
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from server.settings import BadSetting, Settings, from_environment

console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of everything that is stored.", show_default=".data"),
]


def quiet() -> str | None:
    """Where a person watches a progress bar, the log begins at warnings unless it is told else."""
    return None if "VITRINE_LOG_LEVEL" in os.environ else "warning"


def settings(**given: Any) -> Settings:
    """The environment's and the command line's; a bad one ends the program with exit code 2."""
    try:
        return from_environment(**given)
    except BadSetting as error:
        complaints.print(f"[bold red]vitrine:[/] {escape(str(error))}")
        raise typer.Exit(2) from error


def run(job: Coroutine[Any, Any, Any]) -> Any:
    """Run on uvloop where there is one; an expected failure is a line, not a trace."""
    from server.folder import Stopped

    factory = None
    with contextlib.suppress(ImportError):  # Windows has none
        import uvloop

        factory = uvloop.new_event_loop
    try:
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(job)
    except Stopped as error:
        complaints.print(f"[bold red]vitrine:[/] {escape(str(error))}")
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
