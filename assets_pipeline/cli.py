"""`vitrine-assets`: commands for people and for the server.

Each command imports what it needs when it runs, so that `--help` is there at once. A command is
added by a function under `@app.command()`. Help keeps the line breaks of its docstring, so lines
there stay below 77 letters.
"""

import ctypes
import os
import signal
import sys
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path
from typing import Annotated

import typer

from assets_pipeline.stopping import Stop

app = typer.Typer(
    name="vitrine-assets",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)


TELL_OF_PARENT = 1  # Linux: prctl(PR_SET_PDEATHSIG)
PROFILES = ("web", "headset", "universal", "preview", "quick-look")  # recipes'; a test compares


class UnitName(StrEnum):
    MM = "mm"
    CM = "cm"
    M = "m"
    IN = "in"
    FT = "ft"


class UpName(StrEnum):
    Y = "y"
    Z = "z"


class CodecName(StrEnum):
    MESHOPT = "meshopt"
    DRACO = "draco"
    SMALLEST = "smallest"


@app.callback()
def about() -> None:
    """Turn 3D product models into files that are right for each device.

    [bold]Reads[/] GLB, glTF, OBJ with MTL, STL, PLY, 3MF, DAE and FBX, and with the
    extras of the package STEP, USD and USDZ. Content tells what a file is.
    What has textures or buffers beside it comes in one zip.

    [bold]Exit codes[/]
      0  all went well
      1  some input failed
      2  the command was not understood

    [bold]Completion[/] in bash, zsh and fish:
      vitrine-assets --install-completion
    """


def _complete_profile(context: typer.Context, incomplete: str) -> list[str]:
    from assets_pipeline.completion import profile_names

    known = (*PROFILES, *profile_names(context.params.get("profiles_file")))
    return [name for name in known if name.startswith(incomplete)]


@app.command()
def build(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT", show_default=False, help="Files, folders or patterns."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")],
    profile: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Make only this one; repeatable.",
            show_default="all",
            autocompletion=_complete_profile,
        ),
    ] = None,
    profiles_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Profiles of your own, TOML or JSON; see above."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Inputs at a time.", show_default="processors"),
    ] = None,
    unit: Annotated[
        UnitName | None,
        typer.Option(help="What 1 means in the input.", show_default="what it says, or a guess"),
    ] = None,
    up: Annotated[
        UpName | None,
        typer.Option(help="Which axis points up in it.", show_default="by the format"),
    ] = None,
    codec: Annotated[
        CodecName | None,
        typer.Option(help="Of profiles that compress geometry.", show_default="the profile's"),
    ] = None,
    khr_meshopt: Annotated[
        bool,
        typer.Option("--khr-meshopt", help="The newer meshopt extension: smaller, read by fewer."),
    ] = False,
    webp_only: Annotated[bool, typer.Option("--webp-only", help="No AVIF.")] = False,
    no_levels: Annotated[
        bool, typer.Option("--no-levels", help="No files for seeing it from afar.")
    ] = False,
    no_checks: Annotated[
        bool, typer.Option("--no-checks", help="No deviation, validator or audit in the proof.")
    ] = False,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="No posters, no before and after, no SSIM.")
    ] = False,
    no_simplify: Annotated[
        bool, typer.Option("--no-simplify", help="Keep every triangle, whatever the budget.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="A file over its budget counts as a failure.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Build even what is up to date.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Events as JSON lines.")] = False,
    memory_mb: Annotated[int, typer.Option(min=256, help="Memory per input.")] = 4096,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time per input.")] = 300.0,
    file_mb: Annotated[int, typer.Option(min=1, help="Largest file to write.")] = 512,
    debug: Annotated[
        bool, typer.Option("--debug", help="A crash shows where in the code it was.")
    ] = False,
    with_parent: Annotated[
        bool, typer.Option("--with-parent", help="End when what started this ends (Linux).")
    ] = False,
) -> None:
    """Convert models: a folder of files for every device each, with a proof.

    [bold]Profiles[/]
      web         browsers, phones, desktop VR: 3 MB, 100,000 triangles
      headset     standalone VR: 1 MB, 40,000 triangles, levels of detail
      universal   any glTF 2.0 loader: core glTF with JPEG and PNG
      preview     first sight: 100 kB, textures up to 256 pixels
      quick-look  iPhone and iPad: a USDZ for each variant

    [bold]Examples[/]
      vitrine-assets build shoe.glb -o out
      vitrine-assets build models/ -o out --jobs 8
      vitrine-assets build 'models/**/*.stl' -o out --unit mm --up z
      vitrine-assets build shoe.glb -o out --profile web --codec smallest
      vitrine-assets build shoe.glb -o out --profiles-file shop.toml

    Folders are searched for models; results lie in folders of the same order.
    Inputs that have not changed since their last build are left alone.
    Each input is converted in a process of its own, under limits.
    proof.html, beside the files, shows what came of them.

    [bold]Profiles of your own[/], in TOML:
      \\[profiles.shop-page]
      base = "web"              whose steps it takes
      texture_size = 1024       pixels of the longer side, at most
      power_of_two = true       of texture sides
      pictures = "webp"         smallest (AVIF or WebP), webp, core, ktx2
      picture_error = {normal = 0.5, colour = 1.0, data = 2.0}
                                1 is the error of WebP at quality 80
      codec = "draco"           none, meshopt, draco, smallest
      khr_meshopt = true        KHR_ instead of EXT_meshopt_compression
      bits = {positions = 14, normals = 8, uvs = 12}
      tolerance_mm = 0.05       by which rounding may move a point
      lods = \\[{ratio = 0.25, texture_size = 512}]
      purpose = "for people"
      budget = {bytes = 500_000, triangles = 50_000, vertices = 60_000,
                texture_size = 1024}
    """
    from assets_pipeline.building import Request, run
    from assets_pipeline.child import DEBUG

    if debug:
        os.environ[DEBUG] = "1"
    if with_parent:
        end_with_parent()

    request = Request(
        inputs=tuple(inputs),
        out=out,
        profiles=tuple(profile or ()),
        profiles_file=profiles_file,
        jobs=jobs or os.cpu_count() or 1,
        unit=unit and unit.value,
        up=up and up.value,
        codec=codec and codec.value,
        khr=khr_meshopt,
        webp_only=webp_only,
        levels=not no_levels,
        checks=not no_checks,
        pictures=not no_pictures,
        simplify=not no_simplify,
        strict=strict,
        force=force,
        limits=(memory_mb, seconds, file_mb),
    )
    with Stop() as stop:
        raise typer.Exit(run(request, stop, as_json))


@app.command()
def inspect(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", show_default=False)],
    html: Annotated[
        Path | None, typer.Option(metavar="PAGE", help="Write a page with pictures, too.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    memory_mb: Annotated[int, typer.Option(min=256, help="Memory per file.")] = 4096,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time per file.")] = 60.0,
) -> None:
    """Show what is in a model, or how models differ: sources and built files alike.

    Several files stand side by side; differences count from the first.
    The page shows each over the first, with likeness and deviation.
    Each file is read in a process of its own, under limits.

    [bold]Examples[/]
      vitrine-assets inspect shoe.glb
      vitrine-assets inspect shoe.glb out/shoe/web.glb
      vitrine-assets inspect shoe.glb out/shoe/*.glb --html shoe.html
      vitrine-assets inspect scan.ply --json | jq .triangles
    """
    from assets_pipeline.confine import ProcessLimits
    from assets_pipeline.inspecting import run

    with Stop():
        raise typer.Exit(run(files, html, ProcessLimits(memory_mb, seconds), as_json))


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

    with Stop():
        code = run(list(zip_longest(files, sku or [])), server, key.strip(), as_json)
    raise typer.Exit(code)


def end_with_parent() -> None:
    """SIGTERM to this process when the one that started it is gone, even by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(TELL_OF_PARENT, signal.SIGTERM)


def main() -> None:
    """The console script."""
    app()
