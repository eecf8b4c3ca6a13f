"""`vitrine serve | seed | keys | accounts | rooms`: running a showroom from the terminal."""

import asyncio
import contextlib
import os
import time
from collections.abc import Coroutine
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from server.settings import BadSetting, Settings, from_environment

console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)
WATCH_SECONDS: Final = 2.0
COLUMNS: Final = (
    "people",
    "watching",
    "calls",
    "rev",
    "a frame",
    "late",
    "poses",
    "skipped",
    "dropped",
)
DEMO: Final = Path(__file__).parent.parent / "scenes" / "demo"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="A virtual showroom that ends in the physical world.",
    epilog="Every setting has an environment variable VITRINE_…; the README lists them.",
)
keys = typer.Typer(no_args_is_help=True, help="API keys for programs.")
accounts = typer.Typer(no_args_is_help=True, help="Logins for staff and designers.")
app.add_typer(keys, name="keys")
app.add_typer(accounts, name="accounts")
rooms = typer.Typer(invoke_without_command=True, help="Rooms of a running server, and their load.")
app.add_typer(rooms, name="rooms")

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of everything that is stored.", show_default=".data"),
]


class KeyRole(StrEnum):
    INTEGRATION = "integration"
    DESIGNER = "designer"
    STAFF = "staff"


class AccountRole(StrEnum):
    DESIGNER = "designer"
    STAFF = "staff"


@app.command()
def serve(
    demo: Annotated[
        bool, typer.Option("--demo", help="Fill it with the demo showroom first.")
    ] = False,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="0 lets the system choose.", show_default="8080", min=0, max=65535),
    ] = None,
    data: DataOption = None,
) -> None:
    """Run the server until Ctrl-C.

    [bold]vitrine serve --demo[/bold]                       the demo on http://127.0.0.1:8080

    [bold]vitrine serve --host 0.0.0.0 --data /srv/v[/bold]  for others to reach
    """
    from server.process import serve_forever

    given = settings(host=host, port=port, data=data, log_level=quiet() if demo else None)
    run(serve_forever(given, DEMO if demo else None, console))


@app.command()
def seed(
    folder: Annotated[Path, typer.Argument(help="With scene.json, products.json and models/.")],
    data: DataOption = None,
) -> None:
    """Fill a server's data folder from a folder; done again, it changes what changed.

    [bold]vitrine seed scenes/demo[/bold]
    """
    from server.process import seed_only

    run(seed_only(settings(data=data, log_level=quiet()), folder, console))


@keys.command("create")
def create_key(
    role: Annotated[KeyRole, typer.Option(help="What the key may do.")],
    name: Annotated[str, typer.Option(help="Whose key it is.")] = "unnamed",
    data: DataOption = None,
) -> None:
    """Make an API key and print it; it cannot be read again later.

    Works beside a running server as well.

    [bold]vitrine keys create --role designer --name "Ada's laptop"[/bold]
    """
    from server.access import create_key as create

    console.print(run(create(settings(data=data), name, role.value)))


@keys.command("list")
def list_keys(data: DataOption = None) -> None:
    """Whose keys there are; a key's id is the middle part of its text."""
    from server.access import list_keys as find

    for key in run(find(settings(data=data))):
        console.print(f"{key['id']}  {key['role']:<12} {escape(key['name'])}")


@keys.command("revoke")
def revoke_key(
    key: Annotated[str, typer.Argument(help="Its id, or its whole text.")],
    data: DataOption = None,
) -> None:
    """Let a key open nothing from now on.

    [bold]vitrine keys revoke 1dbfd338add1[/bold]
    """
    from server.access import revoke_key as revoke

    run(revoke(settings(data=data), key))
    console.print("It opens nothing any more.")


@accounts.command("remove")
def remove_account(
    login: Annotated[str, typer.Argument(help="Whose sessions end as well.")],
    data: DataOption = None,
) -> None:
    """Remove a login and end its sessions; `create` again gives it a new password."""
    from server.access import remove_account as remove

    run(remove(settings(data=data), login))
    console.print(f"[bold]{escape(login)}[/bold] cannot sign in any more.")


@accounts.command("create")
def create_account(
    login: Annotated[str, typer.Argument(help="Lower-case letters, digits and . _ @ -")],
    role: Annotated[AccountRole, typer.Option(help="What it may do.")] = AccountRole.STAFF,
    name: Annotated[str, typer.Option(help="What others see.", show_default="the login")] = "",
    data: DataOption = None,
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)
    ] = "",
) -> None:
    """Create a login, or give an existing one a new password.

    [bold]vitrine accounts create milano --name "Milano desk"[/bold]
    """
    from server.access import put_account

    run(put_account(settings(data=data), login, password, name or login, role.value))
    console.print(f"[bold]{login}[/bold] can sign in as {role.value}.")


@rooms.callback()
def show_rooms(
    context: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="Again every two seconds.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    data: DataOption = None,
) -> None:
    """Rooms of a running server, and how loaded they are.

    [bold]vitrine rooms --watch[/bold]                    with rates, until Ctrl-C

    [bold]vitrine rooms people demo-1[/bold]              who is in a room
    """
    if context.invoked_subcommand is not None:
        return
    from server.access import rooms as find

    given = settings(data=data)
    found = run(find(given))
    if as_json:
        console.print_json(data=found)
        return
    console.print(table_of(found, None))
    while watch:
        time.sleep(WATCH_SECONDS)
        before, found = found, run(find(given))
        console.clear()
        console.print(table_of(found, before))


@rooms.command("people")
def show_people(
    room: Annotated[str, typer.Argument(help="Its name, as `vitrine rooms` shows it.")],
    data: DataOption = None,
) -> None:
    """Who is in a room, with the avatar that `kick` takes."""
    from server.access import people

    for one in run(people(settings(data=data), room)):
        silent = "  (silenced)" if one["silenced"] else ""
        console.print(f"{one['avatar']}  {one['role']:<9} {escape(one['name'])}{silent}")


@rooms.command("kick")
def kick(
    room: Annotated[str, typer.Argument(help="Where they are.")],
    avatar: Annotated[str, typer.Argument(help="As `vitrine rooms people` shows it.")],
    minutes: Annotated[
        int | None,
        typer.Option(min=0, max=1440, help="They stay out.", show_default="VITRINE_BAN_MINUTES"),
    ] = None,
    reason: Annotated[str, typer.Option(help="Told to them.")] = "",
    data: DataOption = None,
) -> None:
    """Send somebody out of the showroom, from every room of it."""
    from server.access import kick as send_out

    run(send_out(settings(data=data), room, avatar, minutes, reason))
    console.print("They are out.")


def table_of(found: dict[str, Any], before: dict[str, Any] | None) -> Table:
    """Rooms in rows; with a former reading, what has been going on since."""
    server, last = (
        found["server"],
        {room["room"]: room for room in (before or {"items": ()})["items"]},
    )
    seconds = server["at"] - before["server"]["at"] if before else 0.0
    cpu = (
        f" · CPU {(server['cpu_seconds'] - before['server']['cpu_seconds']) / seconds:.0%}"
        if before
        else ""
    )
    title = (
        f"{len(found['items'])} rooms · {server['sockets']} sockets · "
        f"{server['memory_bytes'] / 1e6:.0f} MB · up to {server['pace_hz']:g} frames/s{cpu}"
    )
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("room")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for room in found["items"]:
        former = last.get(room["room"])
        per = seconds if former and room["ticks"] >= former["ticks"] else 0.0
        table.add_row(escape(room["room"]), *cells(room, former or {}, per))
    return table


def cells(room: dict[str, Any], former: dict[str, Any], seconds: float) -> list[str]:
    """As COLUMNS names them; sums instead of rates where there is no former reading."""

    def since(name: str) -> float:
        return float(room[name] - former.get(name, 0) if seconds else room[name])

    ticks = since("ticks") or 1
    rate = (
        f"{since('frame_bytes') / seconds / 1e3:.1f} kB/s"
        if seconds
        else f"{room['frame_bytes'] / 1e6:.1f} MB"
    )
    return [
        f"{room['avatars']}/{room['capacity']}",
        str(room["watching"]),
        str(room["helps"] or ""),
        str(room["rev"]),
        f"{since('tick_seconds') / ticks * 1e3:.2f} ms",
        f"{since('late_seconds') / ticks * 1e3:.1f} ms",
        rate,
        str(room["skipped"]),
        str(room["dropped"]),
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


def main() -> None:
    """The console script."""
    app()
