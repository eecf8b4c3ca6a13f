"""Convert models: one child process each, a folder of results each, whole or not at all.

    from pathlib import Path
    from assets_pipeline import Options, build

    for event in build([Path("shoe.glb")], Path("out"), Options(profiles=("web", "headset"))):
        print(event)

Events are JSON-able: `progress`, and for each input in the end `done` or `failed`.
"""

import shutil
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from assets_pipeline.confine import Message, Paths, Task, confined_all
from assets_pipeline.errors import InvalidModel, NoRenderer, NotWritable, PipelineError
from assets_pipeline.model import Json
from assets_pipeline.options import Input, Options
from assets_pipeline.render import Renderer, renderer
from assets_pipeline.unchanged import PAGE, PROOF, Contents, build_key, earlier_proof, listed

__all__ = ["Input", "Options", "build"]

STEM_SHOWN = 40  # letters of an input's name in that of its temporary folder: names have a limit
Events = Generator[Json, None, None]


def build(inputs: Sequence[Path | Input], out: Path, options: Options) -> Events:
    """Convert each input into a folder of `out`: `out/<its stem>/`, or as the Input says.

    Never raises for a bad input: it yields a `failed` event and goes on. A folder appears whole
    or not at all; an older build stays until the new one is complete. Inputs whose proof says
    that nothing changed are not built again. A folder that no build made is never replaced.
    Raises UnknownProfile.
    """
    options.wanted()
    with ExitStack() as stack:
        named = [Input.of(entry) for entry in inputs]
        contents = Contents.of_user()
        stack.callback(contents.save)
        threads = options.threads_each(len(named))
        yield from _Run(out, options, threads, contents, stack).build(named)


@dataclass(frozen=True)
class _Place:
    """Where the results of one input go: first `partial`, in the end `folder`."""

    name: str
    folder: Path
    partial: Path


@dataclass
class _Run:
    """One call of `build`. What it opens, `stack` closes: renderer and temporary folders."""

    out: Path
    options: Options
    threads: int
    contents: Contents
    stack: ExitStack
    said: list[Json] = field(default_factory=list)  # events of inputs that needed no child
    places: dict[Task, _Place] = field(default_factory=dict)
    _renderer: Renderer | None = None
    _notes: tuple[str, ...] | None = None  # None: nobody has asked for the renderer yet

    def __post_init__(self) -> None:
        self.facts = self.options.facts()

    def build(self, inputs: Sequence[Input]) -> Events:
        with closing(confined_all(self.tasks(inputs), self.options.jobs)) as messages:
            for task, message in messages:
                yield from self.heard()
                yield self.event(self.places[task], message)
        yield from self.heard()

    def heard(self) -> Iterator[Json]:
        while self.said:
            yield self.said.pop(0)

    def tasks(self, inputs: Sequence[Input]) -> Iterator[Task]:
        for entry in inputs:
            try:
                task = self.task(entry)
            except PipelineError as error:
                self.said.append(_failed(entry.name, error.problem()))
            except OSError as error:
                self.said.append(_failed(entry.name, _unwritable(self.out, error)))
            else:
                if task is not None:
                    yield task

    def task(self, entry: Input) -> Task | None:
        """None when there is nothing to do."""
        path, name, folder = entry.path, entry.name, self.out / _folder_name(entry)
        folder.parent.mkdir(parents=True, exist_ok=True)
        sha256 = self.contents.sha256(path)
        key = build_key(sha256, self.facts)
        if not self.options.force and (proof := earlier_proof(folder, key)):
            self.said.append(_done(name, folder, proof) | {"unchanged": True})
            return None
        if folder.exists() and not _made_by_a_build(folder):
            raise NotWritable(path=folder, reason="it is there already, and no build has made it")
        partial = Path(tempfile.mkdtemp(prefix=f".{path.stem[:STEM_SHOWN]}-", dir=folder.parent))
        self.stack.callback(shutil.rmtree, partial, ignore_errors=True)
        self.said.append(_progress(name, 0.0, "reading"))
        from assets_pipeline.convert import Job, convert, warm  # now: it takes a second to load

        warm()

        renderer, notes = self.renderer()
        job = Job(path, sha256, partial, self.options, self.threads, renderer, notes)
        paths = Paths(read=(path,), write=(partial,))
        task = Task(lambda send: convert(job, send), name, self.options.limits, paths)
        self.places[task] = _Place(name, folder, partial)
        return task

    def renderer(self) -> tuple[Renderer | None, tuple[str, ...]]:
        """The one for all inputs, or why there is none."""
        if self._notes is None:
            self._notes = ()
            if self.options.pictures:
                try:
                    self._renderer = self.stack.enter_context(renderer())
                except NoRenderer as why:
                    self._notes = (str(why),)
        return self._renderer, self._notes

    def event(self, place: _Place, message: Message) -> Json:
        if "problem" in message:
            return _failed(place.name, message["problem"])
        if "result" not in message:
            return _progress(place.name, message["fraction"], message["step"])
        try:
            _move_into_place(place.partial, place.folder)
        except OSError as error:
            return _failed(place.name, _unwritable(place.folder, error))
        return _done(place.name, place.folder, message["result"])


def _folder_name(entry: Input) -> str:
    """Raises InvalidModel for names such as `..glb`, whose stem is the way to another folder."""
    if entry.path.stem in ("", ".", ".."):
        reason = f"{entry.path.name!r} has no name before its ending"
        raise InvalidModel(reason=reason, remedy="Rename it.")
    return entry.folder


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


def _unwritable(path: Path, error: OSError) -> Json:
    return NotWritable(path=path, reason=error.strerror or str(error)).problem()


def _progress(name: str, fraction: float, step: str) -> Json:
    return {"event": "progress", "input": name, "fraction": fraction, "step": step}


def _done(name: str, folder: Path, proof: Json) -> Json:
    return {
        "event": "done",
        "input": name,
        "folder": str(folder),
        "files": [listed(file) for file in proof["files"]],
        "variants": proof["variants"],
        "dimensions": proof["dimensions"],
        "warnings": proof["warnings"],
        "notes": proof["notes"],
        "proof": PROOF,
        "page": PAGE,
    }


def _failed(name: str, problem: Json) -> Json:
    return {"event": "failed", "input": name, "error": problem}
