"""What happens to one input, inside its child: every file, and what was found out about it."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import imagecodecs
import scipy.ndimage  # noqa: F401 - loaded here once, not in every child
from PIL import Image as Pillow

from assets_pipeline.child import Send
from assets_pipeline.errors import MissingExtra
from assets_pipeline.examining import Examiner
from assets_pipeline.looks import Looks
from assets_pipeline.making import Made, Maker
from assets_pipeline.materials import image_slots, role
from assets_pipeline.model import Image, Json, Model
from assets_pipeline.options import Options
from assets_pipeline.page import page
from assets_pipeline.passes import ResizeTextures, WarnOfProfiles
from assets_pipeline.passes.bleed import bled
from assets_pipeline.proof import whole_proof
from assets_pipeline.readers import read
from assets_pipeline.readers.pictures import decode
from assets_pipeline.recipes import Profile, preparation
from assets_pipeline.render import Renderer
from assets_pipeline.unchanged import PAGE, PROOF, build_key
from assets_pipeline.writers.pictures import EncodedPictures

ANY_SIZE = 1 << 20  # pixels: more than any picture has
LATE = ("assets_pipeline.readers.gltf", "DracoPy")  # what is imported only when it is needed
HUGE = 4096 * 4096  # pixels: such pictures are decoded one at a time
READ, MADE = 0.08, 0.85  # of a build's time, about: where these steps end
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
    maker = Maker(prepared, EncodedPictures(job.threads), job.renderer, notes)
    looks = Looks(job.renderer, prepared, job.folder)
    with Examiner(job.folder, source, prepared, looks, checks=job.options.checks) as examiner:
        examiner.posters(job.threads)
        for file in make(job, maker, report):
            examiner.look_at(file)
        report(MADE, "proof")
        files = examiner.proofs(lambda done: report(MADE + (1 - MADE) * done, "proof"))
    proof = whole_proof(
        build_key(job.sha256, job.options.facts()),
        job.path,
        job.sha256,
        source,
        prepared,
        [*files, *looks.files],
        views=looks.views,
        notes=list(dict.fromkeys([*notes, *looks.notes])),
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


def make(job: Job, maker: Maker, report: Report) -> Iterator[Made]:
    """Writes every profile's files. One whose writer is not installed is left out, and noted."""
    profiles = job.options.wanted()
    share = (MADE - READ) / len(profiles)
    for number, profile in enumerate(profiles):
        start = READ + share * number

        def inner(done: float, step: str, start: float = start, profile: Profile = profile) -> None:
            report(start + share * done, f"{profile.name}: {step}")

        try:
            for file in maker.files(profile, inner):
                (job.folder / file.name).write_bytes(file.content)
                yield file
        except MissingExtra as missing:
            maker.notes.append(f"{profile.name} is left out. {missing}")
