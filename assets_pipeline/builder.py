"""Read a model, make each profile's file, and write them with their proof.

    from pathlib import Path
    from assets_pipeline import Options, build

    for event in build([Path("shoe.glb")], Path("out"), Options(profiles=("web", "headset"))):
        print(event)

Events are JSON-able: `progress`, and for each input in the end `done` or `failed`.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from assets_pipeline.confine import Paths, ProcessLimits, Send, confined
from assets_pipeline.errors import InvalidModel, NoSuchFile, NotWritable, PipelineError
from assets_pipeline.model import Json, Model
from assets_pipeline.passes import Unit
from assets_pipeline.proof import build_key, file_proof, listed, whole_proof
from assets_pipeline.readers import Limits, read
from assets_pipeline.readers.pictures import decode
from assets_pipeline.recipes import PROFILES, Profile, preparation
from assets_pipeline.unchanged import PROOF, Contents, earlier_proof
from assets_pipeline.writers.pictures import EncodedPictures

READING = 0.15  # of a build's time, about
WRITTEN = Limits(nodes=2 * Limits().nodes)  # quantizing hangs each mesh into a node of its own
STEM_SHOWN = 40  # letters of an input's name in that of its temporary folder: names have a limit
Events = Generator[Json, None, None]
Report = Callable[[float, str], None]


@dataclass(frozen=True)
class Options:
    """`unit` is for formats without one. `force` builds even what is up to date."""

    profiles: tuple[str, ...] = tuple(PROFILES)
    unit: Unit | None = None
    force: bool = False
    threads: int = min(4, os.cpu_count() or 1)
    limits: ProcessLimits = field(default_factory=ProcessLimits)


def build(inputs: Sequence[Path], out: Path, options: Options) -> Events:
    """Convert each input into `out/<its stem>/`, one child process each.

    Never raises for a bad input: it yields a `failed` event and goes on. A folder appears whole
    or not at all; an older build stays until the new one is complete. Inputs whose proof says
    that nothing changed are not built again. A folder that no build made is never replaced.
    """
    contents = Contents.of_user()
    try:
        for path in inputs:
            try:
                yield from _build_one(path, out, options, contents)
            except PipelineError as error:
                yield _failed(path, error.problem())
            except OSError as error:
                reason = error.strerror or str(error)
                yield _failed(path, NotWritable(path=out, reason=reason).problem())
    finally:
        contents.save()


def _build_one(path: Path, out: Path, options: Options, contents: Contents) -> Events:
    folder = out / _folder_name(path)
    out.mkdir(parents=True, exist_ok=True)
    if not options.force and (proof := up_to_date(path, folder, options, contents)):
        yield _done(path, folder, proof) | {"unchanged": True}
        return
    if folder.exists() and not _made_by_a_build(folder):
        raise NotWritable(path=folder, reason="it is there already, and no build has made it")
    partial = Path(tempfile.mkdtemp(prefix=f".{path.stem[:STEM_SHOWN]}-", dir=out))
    try:
        yield _progress(path, 0.0, "reading")
        steps = confined(
            lambda send: convert(path, partial, options, send),
            path.name,
            options.limits,
            Paths(read=(path,), write=(partial,)),
        )
        with closing(steps):  # a caller who leaves early takes the child along at once
            for message in steps:
                if "problem" in message:
                    yield _failed(path, message["problem"])
                elif "result" in message:
                    _move_into_place(partial, folder)
                    yield _done(path, folder, message["result"])
                else:
                    yield _progress(path, message["fraction"], message["step"])
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def up_to_date(path: Path, folder: Path, options: Options, contents: Contents) -> Json | None:
    """The proof of an earlier build that this one would repeat; None when there is none."""
    return earlier_proof(folder, build_key(contents.sha256(path), _facts(options)))


def convert(path: Path, folder: Path, options: Options, send: Send) -> Json:
    """The work itself, inside the child: every file and the proof, which it returns."""

    def report(fraction: float, step: str) -> None:
        send({"fraction": round(fraction, 4), "step": step})

    content = _content(path)
    source = read(path)
    prepared = decode_images(source, options.threads)
    for step in preparation(options.unit):
        prepared = step(prepared)
    report(READING, "prepared")
    files = []
    encoded = EncodedPictures(options.threads)
    share = (1 - READING) / len(options.profiles)
    for number, name in enumerate(options.profiles):
        start = READING + share * number

        def inner(done: float, step: str, start: float = start, name: str = name) -> None:
            report(start + share * done, f"{name}: {step}")

        glb = make(PROFILES[name], prepared, encoded, inner)
        written = folder / f"{name}.glb"
        written.write_bytes(glb)
        files.append(file_proof(PROFILES[name], glb, read(written, WRITTEN), source))
    key = build_key(hashlib.sha256(content).hexdigest(), _facts(options))
    proof = whole_proof(key, content, path.name, source, prepared, files)
    text = json.dumps(proof, indent=2, ensure_ascii=False) + "\n"
    (folder / PROOF).write_text(text, encoding="utf-8")
    return proof


def make(profile: Profile, prepared: Model, encoded: EncodedPictures, report: Report) -> bytes:
    """One profile's file."""
    report(0.0, "geometry")
    recipe, model = profile.recipe, prepared
    for step in recipe.passes:
        model = step(model)
    report(0.1, "textures")
    pictures = encoded.encode_all(
        recipe.pictures, model, lambda done: report(0.1 + 0.85 * done, "textures")
    )
    glb = recipe.writer.write(model, pictures)
    report(1.0, "written")
    return glb


def decode_images(model: Model, threads: int) -> Model:
    """Every picture decoded once, for all profiles."""
    names = [f"Image {image.name or number}" for number, image in enumerate(model.images)]
    with ThreadPoolExecutor(threads) as pool:
        return replace(model, images=tuple(pool.map(decode, model.images, names)))


def _facts(options: Options) -> list[str]:
    """What decides the output besides the input and the pipeline."""
    return [*sorted(options.profiles), options.unit or ""]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NoSuchFile(path=path) from error


def _folder_name(path: Path) -> str:
    """Raises InvalidModel for names such as `..glb`, whose stem is the way to another folder."""
    if path.stem in ("", ".", ".."):
        reason = f"{path.name!r} has no name before its ending"
        raise InvalidModel(reason=reason, remedy="Rename it.")
    return path.stem


def _made_by_a_build(folder: Path) -> bool:
    return folder.is_dir() and ((folder / PROOF).is_file() or not any(folder.iterdir()))


def _move_into_place(partial: Path, folder: Path) -> None:
    partial.chmod(0o755)  # temporary folders are private; this one is no longer temporary
    if folder.exists():
        old = partial.with_name(partial.name + "-old")
        folder.rename(old)
        partial.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    else:
        partial.rename(folder)


def _progress(path: Path, fraction: float, step: str) -> Json:
    return {"event": "progress", "input": path.name, "fraction": fraction, "step": step}


def _done(path: Path, folder: Path, proof: Json) -> Json:
    return {
        "event": "done",
        "input": path.name,
        "folder": str(folder),
        "files": [listed(file) for file in proof["files"]],
        "variants": proof["variants"],
        "dimensions": proof["dimensions"],
        "warnings": proof["warnings"],
        "proof": PROOF,
    }


def _failed(path: Path, problem: Json) -> Json:
    return {"event": "failed", "input": path.name, "error": problem}
