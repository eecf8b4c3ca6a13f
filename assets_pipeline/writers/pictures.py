"""The pictures of a model as files, encoded side by side."""

import math
import os
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace

from assets_pipeline import programs
from assets_pipeline.basisu import BasisFailed
from assets_pipeline.materials import image_slots, role
from assets_pipeline.model import Image, Model
from assets_pipeline.programs import MissingProgram
from assets_pipeline.writers import avif, ktx2, portable, webp
from assets_pipeline.writers.codec import AVIF, JPEG, KTX2, PNG, WEBP, Codec, Pixels
from assets_pipeline.writers.mosaic import mosaic
from assets_pipeline.writers.search import Found, reference, search

File = tuple[bytes, str]  # content and media type
Report = Callable[[float], None]

CODECS = {codec.media_type: codec for codec in (avif.CODEC, webp.CODEC, portable.CODEC)}
WORTH_A_TRY = 1.06  # a format whose mosaic is that much larger was never smaller in full
SETTLED = (
    1.15  # a first format that is smaller by that much than the reference need not be compared
)
SMALL, STRICTER = 1 << 20, 0.75  # pixels; and how much less error those may have
NORMALS_TAKE = 3  # times as long as others of their size
GIVE_WAY = 5  # the least niceness of encoding threads: geometry and servers come first


@dataclass(frozen=True)
class Slack:
    """How large an error may be, as a multiple of what WebP at quality 80 makes of the picture.

    By what an error does: tilt a normal, change a colour, or shift a datum such as roughness.
    Small pictures get less of it, because each of their texels covers more of a screen. Over ten
    products, rendered at 640 pixels: the same for all gave two of them with 1024 × 1024 and less a
    lower SSIM than WebP at quality 80; 0.6, 0.9, 1.5 for all cost 20 % more bytes.
    """

    normal: float = 0.8
    colour: float = 1.12
    data: float = 2.0

    def of(self, role: str, pixels: int) -> float:
        usual = {"normal": self.normal, "colour": self.colour, "data": self.data}[role]
        return usual * STRICTER if pixels <= SMALL else usual


@dataclass(frozen=True)
class Pictures:
    """How a profile stores pictures: as which media types, and how well.

    Of several lossy formats each picture gets the one that is smallest for its quality. PNG is
    for what JPEG can't do or does worse; KTX2, where it is named, goes before all others, which
    then step in where basisu can't do it.
    """

    formats: tuple[str, ...]
    slack: Slack = field(default_factory=Slack)

    @staticmethod
    def searched(slack: Slack | None = None) -> "Pictures":
        """AVIF or WebP, whichever is smaller."""
        return Pictures((AVIF, WEBP), slack or Slack())

    @staticmethod
    def webp_only(slack: Slack | None = None) -> "Pictures":
        return Pictures((WEBP,), slack or Slack())

    @staticmethod
    def core(slack: Slack | None = None) -> "Pictures":
        """What every glTF 2.0 loader reads."""
        return Pictures((JPEG, PNG), slack or Slack())

    @staticmethod
    def ktx2() -> "Pictures":
        """What a GPU keeps compressed, or WebP."""
        return Pictures((KTX2, WEBP))

    def without_avif(self) -> "Pictures":
        kept = tuple(media_type for media_type in self.formats if media_type != AVIF)
        return replace(self, formats=kept or (WEBP,))

    def without_ktx2(self) -> "Pictures":
        return replace(self, formats=tuple(f for f in self.formats if f != KTX2))

    def encode(self, image: Image, role: str) -> File:
        """The smaller of a new file and the source's own, where the profile may use that.

        Raises BasisFailed where KTX2 is asked for.
        """
        if image.pixels is None:
            return image.data, image.mime
        if KTX2 in self.formats:
            if image.mime == KTX2 and image.data:
                return image.data, KTX2  # encoding it again could but lose
            return ktx2.encode(image.pixels, role), KTX2
        content, media_type = _smallest(self, image.pixels, role)
        if image.data and image.mime in self.formats and len(image.data) <= len(content):
            return image.data, image.mime
        return content, media_type


Made = tuple[File, str | None]  # a file, and what had to be done otherwise


class Pending:
    """Pictures that are being encoded. `notes` say, after `finish`, what was done otherwise."""

    def __init__(self, files: "list[Future[Made]]", notes: list[str]) -> None:
        self._files, self.notes = files, notes

    def finish(self, report: Report = lambda _: None) -> list[File]:
        """File and media type per image, once all are there; `report` hears the done fraction."""
        distinct = set(self._files)
        for done, _ in enumerate(as_completed(distinct), 1):
            report(done / len(distinct))
        results = [future.result() for future in self._files]
        said = dict.fromkeys(note for _, note in results if note)
        self.notes += [note for note in said if note not in self.notes]
        return [file for file, _ in results]


class EncodedPictures:
    """Encodes the pictures of models, each kind of file of the same pixels once for all profiles.

    One thread per picture, the longest work first, so that none waits long for the last.
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, "pictures", _give_way)
        # Keeps the images alive, so that an id is never that of another array.
        self._known: dict[tuple[int, str, Pictures], tuple[Image, Future[Made]]]
        self._known = {}

    def begin(self, how: Pictures, model: Model) -> Pending:
        """Returns at once; the encoding goes on in threads of its own."""
        notes = []
        if KTX2 in how.formats:
            try:
                programs.basisu()
            except MissingProgram as missing:
                how = how.without_ktx2()
                notes.append(f"Pictures are WebP instead of KTX2. {missing}")
        roles = [role(slots) for slots in image_slots(model)]
        order = sorted(range(len(roles)), key=lambda i: -_work(model.images[i], roles[i]))
        files = {i: self._submit(how, model.images[i], roles[i]) for i in order}
        return Pending([files[i] for i in range(len(roles))], notes)

    def _submit(self, how: Pictures, image: Image, role: str) -> "Future[Made]":
        key = (id(image if image.pixels is None else image.pixels), role, how)
        if key not in self._known:
            self._known[key] = (image, self._pool.submit(_encode, how, image, role))
        return self._known[key][1]


def _encode(how: Pictures, image: Image, role: str) -> Made:
    try:
        return how.encode(image, role), None
    except (BasisFailed, MissingProgram) as failed:
        note = f"A picture is WebP instead of KTX2. {failed}"
        return how.without_ktx2().encode(image, role), note


def _smallest(how: Pictures, pixels: Pixels, role: str) -> File:
    transparent = pixels.ndim == 3 and pixels.shape[2] == 4
    codecs = [CODECS[f] for f in how.formats if f in CODECS and not (transparent and f == JPEG)]
    sample = mosaic(pixels)
    found = _qualities(codecs, sample, role, how.slack.of(role, pixels.shape[0] * pixels.shape[1]))
    least = min((f.bytes for f in found.values()), default=math.inf)
    files = [
        (codec.encode(pixels, its.quality, role), codec.media_type)
        for codec, its in found.items()
        if its.bytes <= WORTH_A_TRY * least
    ]
    if PNG in how.formats and len(portable.png(sample)) < least + portable.CODEC.overhead:
        files.append((portable.png(pixels), PNG))
    return min(files, key=lambda file: len(file[0]))


def _qualities(codecs: list[Codec], sample: Pixels, role: str, slack: float) -> dict[Codec, Found]:
    """What each codec needs for the same error. The first often settles it: one that takes less
    than the reference, where that is no better than asked for, need not be compared."""
    most, usual = reference(sample)
    found: dict[Codec, Found] = {}
    for codec in codecs:
        found[codec] = search(codec, sample, role, slack * most)
        if found[codec].bytes * SETTLED <= usual / max(1.0, slack):
            break
    return found


def _give_way() -> None:
    """On Linux niceness belongs to a thread, and to the programs that it starts.

    Who was started nicer stays so: to take less of it is root's alone, and refused to all others.
    """
    if sys.platform == "linux" and os.getpriority(os.PRIO_PROCESS, 0) < GIVE_WAY:
        os.setpriority(os.PRIO_PROCESS, 0, GIVE_WAY)


def _work(image: Image, role: str) -> int:
    return image.width * image.height * (NORMALS_TAKE if role == "normal" else 1)
