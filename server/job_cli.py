"""`vitrine worker | jobs`: converting models, and looking after those that wait or gave up."""

from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from server.assets.asset import Status
from server.terminal import DataOption, console, run, settings

ASSET: Final = typer.Argument(help="Its id, as `vitrine jobs list` shows it.")
jobs = typer.Typer(no_args_is_help=True, help="Conversions of models: wait, run, were given up.")


def add_commands(app: typer.Typer) -> None:
    """Put these under the program's own."""
    app.command("worker")(work)
    app.add_typer(jobs, name="jobs")


def work(
    data: DataOption = None,
    conversions: Annotated[
        int | None,
        typer.Option("--at-once", min=1, help="Models converted together.", show_default="1"),
    ] = None,
) -> None:
    """Convert models beside servers, on as many machines as one likes.

    A worker shares three things with its servers, all by the environment:

    [bold]VITRINE_DATABASE_URL[/bold]  where the records are: mongodb://host:27017/name

    [bold]VITRINE_BLOBS_URL[/bold]     where the files are: s3://bucket/prefix, with AWS_…

    [bold]VITRINE_REDIS_URL[/bold]     what wakes it at once; without, it looks every second

    Servers with [bold]VITRINE_WORKER_IN_SERVER=false[/bold] then only take uploads. Kill a worker
    when you like: another one takes over within seconds, and a model that ends three of them is
    given up, see [bold]vitrine jobs list[/bold]. Ctrl-C or SIGTERM gives back what is being
    converted.
    """
    from server.worker import work_forever

    run(work_forever(settings(data=data, conversions=conversions), console))


@jobs.command("list")
def list_jobs(
    status: Annotated[
        Status | None, typer.Option(help="Only these.", show_default="all but ready")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Of each status.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    data: DataOption = None,
) -> None:
    """What waits, what runs and where, what was given up and why.

    [bold]vitrine jobs list --status failed[/bold]
    """
    from server.job_access import list_jobs as find

    found = run(find(settings(data=data), status.value if status else "", limit))
    if as_json:
        console.print_json(data=found)
    for job in () if as_json else found:
        console.print(line_of(job))
    if not found and not as_json:
        console.print("No conversion waits, runs or was given up.")


@jobs.command("retry")
def retry(
    assets: Annotated[list[str] | None, ASSET] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that were given up.")] = False,
    data: DataOption = None,
) -> None:
    """Convert again what was given up, or at once what waits for a later attempt.

    [bold]vitrine jobs retry --failed[/bold]              after a new release of the converter
    """
    from server.job_access import list_jobs as find
    from server.job_access import retry as again

    given = settings(data=data)
    wanted = list(assets or ())
    if failed:
        wanted += [job["asset"] for job in run(find(given, Status.FAILED.value, 200))]
    elif not wanted:
        raise typer.BadParameter("Name an asset, or say --failed.")
    for asset in wanted:
        console.print(f"{asset} is {run(again(given, asset))['status']}.")


@jobs.command("cancel")
def cancel(asset: Annotated[str, ASSET], data: DataOption = None) -> None:
    """Stop a conversion within seconds; `retry` begins it anew.

    [bold]vitrine jobs cancel 5f0c…[/bold]
    """
    from server.job_access import cancel as stop

    run(stop(settings(data=data), asset))
    console.print(f"{asset} is not converted any more.")


def line_of(job: dict[str, Any]) -> str:
    """Whole ids, for the next command to take."""
    where = f" at {job['worker']}" if job["worker"] else ""
    attempts = f", attempt {job['attempts']}{where}" if job["attempts"] else ""
    said = said_of(job)
    line = f"{job['asset']}  {job['status']:<10}  {job['filename']}{attempts}"
    return escape(f"{line}: {said}" if said else line)


def said_of(job: dict[str, Any]) -> str:
    """One line: the reason, or the progress."""
    if job["error"]:
        return str(job["error"].get("detail") or job["error"].get("title", ""))
    if job["status"] == Status.CONVERTING.value:
        return f"{job['progress']:.0%} {job['step']}".strip()
    return ""
