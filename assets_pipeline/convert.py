"""What happens to one input, inside its child: every file, and what was found out about it."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import imagecodecs
import scipy.ndimage  # noqa: F401 - loaded here once, not in every child
from PIL import Image as Pillow

from assets_pipeline.audit import audit
from assets_pipeline.child import Send
from assets_pipeline.errors import MissingExtra, PipelineError, Unreadable
from assets_pipeline.looks import Looks
from assets_pipeline.making import Made, Maker
from assets_pipeline.materials import image_slots, role
from assets_pipeline.measure.deviation import Sampled, deviation, surface
from assets_pipeline.model import Image, Json, Model
from assets_pipeline.options import Options
from assets_pipeline.page import page
from assets_pipeline.passes import ResizeTextures, WarnOfProfiles
from assets_pipeline.passes.bleed import bled
from assets_pipeline.proof import Measured, file_proof, package_proof, whole_proof
from assets_pipeline.readers import Limits, read
from assets_pipeline.readers.pictures import decode
from assets_pipeline.recipes import Profile, preparation
from assets_pipeline.render import Renderer
from assets_pipeline.unchanged import PAGE, PROOF, build_key
from assets_pipeline.validator import validate
from assets_pipeline.writers.pictures import EncodedPictures

ANY_SIZE = 1 << 20  # pixels: more than any picture has
SAMPLES = 8_000  # of each surface, besides its vertices: 0.6 s a file of the demo's shoe
LATE = ("assets_pipeline.readers.gltf", "DracoPy")  # what is imported only when it is needed
HUGE = 4096 * 4096  # pixels: such pictures are decoded one at a time
READ, MADE, DRAWN = 0.08, 0.75, 0.85  # of a build's time, about: where these steps end
WRITTEN = Limits(nodes=2 * Limits().nodes)  # quantizing hangs each mesh into a node of its own
Report = Callable[[float, str], None]


@dataclass(frozen=True)
class Job:
    """`folder` is where the files go, `sha256` the input's. Without `renderer` there are no
    pictures; `notes` say why."""

    path: Path
    sha256: str
    folder: Path
    options: Options
    threads: int
    renderer: Renderer | None = None
    notes: tuple[str, ...] = ()


def warm() -> None:
    """Load what nearly every child needs, before it is forked: by itself it would take each one
    0.25 s."""
    for name in LATE:
        import_module(name)
    Pillow.init()
    for name in ("avif_encode", "avif_decode", "spng_encode", "webp_decode"):
        getattr(imagecodecs, name)  # loads its library


def convert(job: Job, send: Send) -> Json:
    """Writes every file and returns the proof. Raises PipelineError."""

    def report(fraction: float, step: str) -> None:
        send({"fraction": round(fraction, 4), "step": step})

    source = read(job.path)
    prepared = prepare(source, job.options, job.threads)
    report(READ, "prepared")
    notes = list(job.notes)
    looks = Looks(job.renderer, prepared, job.folder, notes)
    made = make(job, Maker(prepared, EncodedPictures(job.threads), job.renderer, notes), report)
    report(MADE, "posters")
    looks.posters(job.threads)
    report(DRAWN, "proof")
    files = [*proofs(job, source, prepared, made, looks), *looks.files]
    proof = whole_proof(
        build_key(job.sha256, job.options.facts()),
        job.path,
        job.sha256,
        source,
        prepared,
        files,
        views=looks.views,
        notes=list(dict.fromkeys(notes)),
    )
    text = json.dumps(proof, indent=2, ensure_ascii=False) + "\n"
    (job.folder / PROOF).write_text(text, encoding="utf-8")
    (job.folder / PAGE).write_text(page(proof), encoding="utf-8")
    return proof


def prepare(source: Model, options: Options, threads: int) -> Model:
    """What all profiles are made of: pictures decoded, metres, +Y up."""
    model = WarnOfProfiles()(source)  # while every image has its file
    model = replace(model, images=decoded(model, largest_texture(options), threads))
    for step in preparation(options.unit, options.up):
        model = step(model)
    return model


def decoded(source: Model, largest: ResizeTextures, threads: int) -> tuple[Image, ...]:
    """The images with their pixels, each made as small as the largest profile needs at once: four
    of 8192 × 8192 pixels side by side would take a gigabyte."""
    slots = image_slots(source)

    def open_one(number: int) -> Image:
        image = source.images[number]
        opened = decode(image, f"Image {image.name or number}")
        return largest.resize(bled(opened, slots[number]), role(slots[number]))

    huge = any(image.width * image.height > HUGE for image in source.images)
    with ThreadPoolExecutor(1 if huge else threads) as pool:
        return tuple(pool.map(open_one, range(len(source.images))))


def largest_texture(options: Options) -> ResizeTextures:
    steps = [s for p in options.wanted() for s in p.recipe.textures]
    sizes = [step.max_size for step in steps if isinstance(step, ResizeTextures)]
    return ResizeTextures(max(sizes, default=ANY_SIZE))


def make(job: Job, maker: Maker, report: Report) -> list[Made]:
    """Every profile's files. One whose writer is not installed is left out, and noted."""
    made: list[Made] = []
    profiles = job.options.wanted()
    share = (MADE - READ) / len(profiles)
    for number, profile in enumerate(profiles):
        start = READ + share * number

        def inner(done: float, step: str, start: float = start, profile: Profile = profile) -> None:
            report(start + share * done, f"{profile.name}: {step}")

        try:
            for file in maker.files(profile, inner):
                (job.folder / file.name).write_bytes(file.content)
                made.append(file)
        except MissingExtra as missing:
            maker.notes.append(f"{profile.name} is left out. {missing}")
    return made


def proofs(
    job: Job, source: Model, prepared: Model, made: Sequence[Made], looks: Looks
) -> list[Json]:
    """Each file's account. GLBs are read back: what counts is what is in them."""
    written = {file.name: _read_back(job.folder, file) for file in made if file.is_glb}
    checks: dict[str, Json] = {}
    if job.options.checks:
        pairs = [(job.folder / name, model) for name, model in written.items()]
        checks = dict(zip(written, validate(pairs), strict=True))
    original = Sampled(surface(prepared), SAMPLES) if job.options.checks else None
    found = []
    for file in made:
        if not file.is_glb:
            found.append(
                package_proof(file.profile, file.name, file.content, file.model, file.variant)
            )
            continue
        model = written[file.name]
        measured = Measured(
            lod=file.lod,
            level=file.level,
            ssim=looks.likeness(file),
            deviation_mm=None if original is None else _apart(model, original),
            bound_mm=file.bound_mm,
            audit=audit(model, len(file.content)) if job.options.checks else (),
            validator=checks.get(file.name, {"skipped": "It was not asked."}),
        )
        found.append(file_proof(file.profile, file.content, model, source, file.name, measured))
    return found


def _read_back(folder: Path, file: Made) -> Model:
    """The file as a stranger reads it, with the pixels it was made of: the audit looks at them.

    Raises Unreadable: then it is the pipeline that made a mistake, not the input.
    """
    try:
        model = read(folder / file.name, WRITTEN)
    except PipelineError as error:
        raise Unreadable(name=file.name, reason=str(error)) from error
    images = zip(model.images, file.model.images, strict=True)
    return replace(
        model, images=tuple(replace(mine, pixels=theirs.pixels) for mine, theirs in images)
    )


def _apart(model: Model, original: Sampled) -> tuple[float, float]:
    """Millimetres from the file to the original, and back."""
    found = deviation(surface(model), original, samples=SAMPLES)
    return found.a_to_b_mm, found.b_to_a_mm
