"""`vitrine-assets`: commands for people and for the server.

Each command imports what it needs when it runs, so that `--help` is there at once. A command is
added by a function under `@app.command()`. Help keeps the line breaks of its docstring, so lines
there stay below 77 letters.
"""

import json
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Self

import typer

app = typer.Typer(
    name="vitrine-assets",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)


class ProfileName(StrEnum):
    """The names in recipes.PROFILES; a test keeps the two alike."""

    WEB = "web"
    HEADSET = "headset"
    UNIVERSAL = "universal"
    PREVIEW = "preview"


class UnitName(StrEnum):
    MM = "mm"
    CM = "cm"
    M = "m"


@app.callback()
def about() -> None:
    """Turn 3D product models into files that are right for each device.

    [bold]Reads[/] GLB, glTF, OBJ with MTL, STL and PLY, told apart by content.
    What has textures or buffers beside it comes in one zip.

    [bold]Exit codes[/]
      0  all went well
      1  some input failed
      2  the command was not understood
    """


@app.command()
def build(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")],
    profile: Annotated[
        list[ProfileName] | None,
        typer.Option(metavar="NAME", help="Make only this one; repeatable.", show_default="all"),
    ] = None,
    unit: Annotated[
        UnitName | None,
        typer.Option(help="What 1 means in STL, PLY and OBJ.", show_default="guessed"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Build even what is up to date.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Events as JSON lines.")] = False,
    memory_mb: Annotated[int, typer.Option(min=256, help="Memory per input.")] = 4096,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time per input.")] = 300.0,
    file_mb: Annotated[int, typer.Option(min=1, help="Largest file to write.")] = 512,
) -> None:
    """Convert models: one folder per input, one file per profile, and a proof.

    [bold]Profiles[/]
      web         browsers, phones, desktop VR: meshopt, WebP up to 2048 pixels
      headset     standalone VR: meshopt, WebP up to 1024 pixels
      universal   any glTF 2.0 loader: core glTF with JPEG and PNG
      preview     first sight: everything small, WebP up to 256 pixels

    [bold]Examples[/]
      vitrine-assets build shoe.glb -o out
      vitrine-assets build *.glb scan.ply -o out --profile web
      vitrine-assets build vase.stl -o out --unit mm

    Each input is converted in a process of its own, under limits.
    Inputs that have not changed since their last build are left alone.
    """
    _refuse_same_names(inputs)
    from assets_pipeline.builder import Options
    from assets_pipeline.builder import build as run
    from assets_pipeline.confine import ProcessLimits
    from assets_pipeline.passes import Unit

    options = Options(
        profiles=tuple(dict.fromkeys(p.value for p in profile or list(ProfileName))),
        unit=None if unit is None else Unit(unit.value),
        force=force,
        limits=ProcessLimits(memory_mb, seconds, file_mb),
    )
    with _Stop() as stop, closing(run(inputs, out, options)) as events:
        if as_json:
            failed = [e for e in map(_print_line, stop.watch(events)) if e["event"] == "failed"]
        else:
            from assets_pipeline.terminal import show_build

            failed = show_build(stop.watch(events))
    raise typer.Exit(1 if failed else 0)


@app.command()
def inspect(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    memory_mb: Annotated[int, typer.Option(min=256, help="Memory per file.")] = 4096,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time per file.")] = 60.0,
) -> None:
    """Show what is in a model: source formats and built files alike.

    Each file is read in a process of its own, under limits.

    [bold]Examples[/]
      vitrine-assets inspect shoe.glb
      vitrine-assets inspect out/shoe/*.glb
      vitrine-assets inspect scan.ply --json | jq .triangles
    """
    from assets_pipeline.confine import ProcessLimits
    from assets_pipeline.look import look
    from assets_pipeline.terminal import show_model, show_problem

    limits = ProcessLimits(memory_mb, seconds)
    failed = False
    with _Stop():
        for path in files:
            found = look(path, limits)
            if "problem" in found:
                failed = True
                show_problem(path.name, found["problem"])
            elif as_json:
                _print_line(found)
            else:
                show_model(found)
    raise typer.Exit(1 if failed else 0)


@app.command()
def upload(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", show_default=False)],
    sku: Annotated[
        list[str] | None,
        typer.Option(help="The product it shows; repeated, one per FILE.", show_default="none"),
    ] = None,
    server: Annotated[
        str, typer.Option(envvar="VITRINE_SERVER", help="Address of the Vitrine server.")
    ] = "http://127.0.0.1:8080",
    key: Annotated[
        str, typer.Option(envvar="VITRINE_KEY", help="API key with the role designer.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Events as JSON lines.")] = False,
) -> None:
    """Send models to a Vitrine server, which converts them.

    A folder, or a .gltf with files beside it, goes as one zip.
    After a lost connection, or when the command is started again,
    an upload goes on where it stopped.

    [bold]Exit codes[/]
      0  all are ready
      1  some failed
      2  the command was not understood
      3  the server cannot be reached

    [bold]Examples[/]
      vitrine-assets upload shoe.glb --sku SHOE-01
      vitrine-assets upload shoe.glb lamp/ --sku SHOE-01 --sku LAMP-01
    """
    if not key:
        raise typer.BadParameter(
            "without a key the server lets nobody in. `vitrine keys create --role designer`"
            " makes one; set VITRINE_KEY to it.",
            param_hint="--key",
        )
    if not server.startswith(("http://", "https://")):
        raise typer.BadParameter("must begin with http:// or https://.", param_hint="--server")
    if sku and len(sku) != len(files):
        raise typer.BadParameter(
            f"{len(files)} files and {len(sku)} SKUs: give one for each file, or none.",
            param_hint="--sku",
        )
    from assets_pipeline.sending import upload as run

    with _Stop():
        code = run(list(zip_longest(files, sku or [])), server, key.strip(), as_json)
    raise typer.Exit(code)


def _refuse_same_names(inputs: list[Path]) -> None:
    """Two inputs of one stem would write into one folder."""
    stems = [path.stem for path in inputs]
    twice = sorted({stem for stem in stems if stems.count(stem) > 1})
    if twice:
        raise typer.BadParameter(
            f"several inputs are called {', '.join(twice)}; each would overwrite the other's"
            " folder. Rename one, or build them into different folders.",
            param_hint="INPUT",
        )


def _print_line(event: dict[str, Any]) -> dict[str, Any]:
    sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
    sys.stdout.flush()
    return event


class _Stop:
    """Turns SIGTERM into SystemExit, so that children are killed and partial folders removed."""

    def __init__(self) -> None:
        self._number = 0

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGTERM, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, self._before)

    def watch(self, events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The events, until a signal comes. Python swallows what a handler raises while it is in
        a destructor, so the signal is looked for once more between events."""
        for event in events:
            if self._number:
                raise SystemExit(128 + self._number)
            yield event

    def _stop(self, number: int, _: FrameType | None) -> None:
        self._number = number
        raise SystemExit(128 + number)


def main() -> None:
    """The console script."""
    app()
