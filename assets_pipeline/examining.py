"""What is found out about each file of a build, while the next one is made."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Self

from assets_pipeline.audit import audit
from assets_pipeline.errors import PipelineError, Unreadable
from assets_pipeline.looks import Looks
from assets_pipeline.making import Made
from assets_pipeline.measure.deviation import Sampled, deviation, surface
from assets_pipeline.model import Json, Model
from assets_pipeline.proof import Measured, file_proof, package_proof
from assets_pipeline.readers import WRITTEN, read
from assets_pipeline.validator import validate

SAMPLES = 8_000  # of each surface, besides its vertices: 0.6 s a file of the demo's shoe
Seen = tuple[Made, Model, Measured] | Made  # a GLB as it was read back, or another file


class Examiner:
    """Looks at files in a thread of its own: the renderer draws one while encoders work on the
    next. One thread, so that pictures come in the same order in each build.

    Without `checks` it measures only likeness, and that only where `looks` can draw.
    """

    def __init__(
        self, folder: Path, source: Model, prepared: Model, looks: Looks, *, checks: bool
    ) -> None:
        self._folder, self._source, self._looks = folder, source, looks
        self._original = Sampled(surface(prepared), SAMPLES) if checks else None
        self._thread = ThreadPoolExecutor(1, "examiner")
        self._seen: list[Future[Seen]] = []
        self._posters: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    def posters(self, threads: int) -> None:
        self._posters = self._thread.submit(self._looks.posters, threads)

    def look_at(self, file: Made) -> None:
        self._seen.append(self._thread.submit(self._look, file))

    def proofs(self, report: Callable[[float], None]) -> list[Json]:
        """Each file's account, in the order they came. Raises what looking at one raised."""
        seen = []
        for number, future in enumerate(self._seen, 1):
            seen.append(future.result())
            report(number / (len(self._seen) + 1))
        if self._posters is not None:
            self._posters.result()
        read_back = [entry for entry in seen if not isinstance(entry, Made)]
        said = [{"skipped": "It was not asked."}] * len(read_back)
        if self._original is not None:
            said = validate([(self._folder / file.name, model) for file, model, _ in read_back])
        verdicts = iter(said)
        return [
            _package(entry) if isinstance(entry, Made) else self._proof(*entry, next(verdicts))
            for entry in seen
        ]

    def _look(self, file: Made) -> Seen:
        """GLBs are read back: what counts is what is in them."""
        if not file.is_glb:
            return file
        model = self._read_back(file)
        measured = Measured(
            lod=file.lod,
            level=file.level,
            ssim=self._looks.likeness(file),
            deviation_mm=None if self._original is None else _apart(model, self._original),
            bound_mm=file.bound_mm,
            audit=() if self._original is None else audit(model, len(file.content)),
        )
        return file, model, measured

    def _read_back(self, file: Made) -> Model:
        """The file as a stranger reads it, with the pixels it was made of: the audit looks at them.

        Raises Unreadable: then it is the pipeline that made a mistake, not the input.
        """
        try:
            model = read(self._folder / file.name, WRITTEN, mended=False)
        except PipelineError as error:
            raise Unreadable(name=file.name, reason=str(error)) from error
        images = zip(model.images, file.model.images, strict=True)
        return replace(
            model, images=tuple(replace(mine, pixels=theirs.pixels) for mine, theirs in images)
        )

    def _proof(self, file: Made, model: Model, measured: Measured, verdict: Json) -> Json:
        told = replace(measured, validator=verdict)
        return file_proof(file.profile, file.content, model, self._source, file.name, told)


def _package(file: Made) -> Json:
    return package_proof(file.profile, file.name, file.content, file.model, file.variant)


def _apart(model: Model, original: Sampled) -> tuple[float, float]:
    """Millimetres from the file to the original, and back."""
    found = deviation(surface(model), original, samples=SAMPLES)
    return found.a_to_b_mm, found.b_to_a_mm
