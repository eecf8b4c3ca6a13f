"""What can go wrong with a model, in one tree.

PipelineError
├── NoSuchFile          the input is not there
├── NotAModel           the bytes are something else: a photo, a document, an empty archive
├── UnsupportedModel    a 3D format or glTF feature that this pipeline does not read
├── MissingExtra        a format whose package is not installed here
├── InvalidModel        a model whose content breaks its own format
├── UnknownProfile      a profile that nobody described
├── InvalidProfiles     a file of profiles that breaks its rules
├── Unreadable          a built file that cannot be read back: the pipeline's own fault
├── UnsafeArchive       a zip with names that leave it, or that would unpack to too much
├── TooLarge            more of something than a product model can sensibly have
├── NotWritable         the place for the results cannot take them
├── NoRenderer          this machine cannot draw pictures; a build goes on without, and says so
├── RenderFailed        a picture could not be drawn; likewise
└── ConversionStopped   the child process did not finish
    ├── OutOfMemory
    ├── TimedOut
    ├── OutputTooLarge
    └── ConverterCrashed
"""

from typing import Any

LONGEST = 600  # letters of an error, less its remedy


class PipelineError(Exception):
    """Base. `type` is a stable slug; `detail` is a template over the facts given as keywords.

    `remedy` is what its reader can do about it; a fact of that name says it better.
    """

    type = "pipeline-error"
    title = "The model could not be converted"
    detail = "{reason}"
    remedy = ""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        said = [_shown(self.detail.format(**facts)), facts.get("remedy", self.remedy)]
        super().__init__(" ".join(filter(None, said)))

    def problem(self) -> dict[str, str]:
        """The error as the JSON-lines protocol carries it: type, title, detail."""
        return {"type": self.type, "title": self.title, "detail": str(self)}


def _shown(text: str) -> str:
    """Names come from strangers' files: none may fill a terminal, or steer it."""
    short = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in short)


class NoSuchFile(PipelineError):
    type = "no-such-file"
    title = "There is no such file"
    detail = "{path} does not exist or is not a file that can be read."
    remedy = "Check its name; pack a folder into a zip."


class NotAModel(PipelineError):
    type = "not-a-model"
    title = "This is not a 3D model"
    detail = (
        "{name} is {found}. Expected GLB, glTF, USD, FBX, DAE, 3MF, STEP, OBJ, STL or PLY, or a zip"
        " that holds one of them with its textures."
    )


class UnsupportedModel(PipelineError):
    type = "unsupported-model"
    title = "This kind of model is not read"
    detail = "{found}."
    remedy = "Export it as GLB."


class MissingExtra(PipelineError):
    type = "missing-extra"
    title = "A package is not installed"
    detail = "{what} needs an extra: pip install 'vitrine[{extra}]'."
    remedy = "Or export it as GLB."


class InvalidModel(PipelineError):
    type = "invalid-model"
    title = "The model is damaged or breaks its format"
    detail = "{reason}."
    remedy = "Copy it again, or export it anew."


class UnknownProfile(PipelineError):
    type = "unknown-profile"
    title = "There is no such profile"
    detail = "{name!r} is none of {known}."
    remedy = "Check its name, or name the file that describes it with --profiles-file."


class InvalidProfiles(PipelineError):
    type = "invalid-profiles"
    title = "The file of profiles is not understood"
    detail = "{path}: {reason}."
    remedy = "`vitrine-assets build --help` lists what a profile may say."


class Unreadable(PipelineError):
    type = "unreadable-result"
    title = "A built file cannot be read back"
    detail = "{name}, as it was built, is not right: {reason}"
    remedy = "The fault is Vitrine's, not the model's: please report it."


class UnsafeArchive(PipelineError):
    type = "unsafe-archive"
    title = "The archive is not safe to unpack"
    detail = "{reason}."
    remedy = "Pack only the model and its textures into a new zip."


class TooLarge(PipelineError):
    type = "model-too-large"
    title = "The model is too large"
    detail = "{what}: {count:,} found, at most {limit:,} allowed."
    remedy = "Reduce it and try again."


class NotWritable(PipelineError):
    type = "not-writable"
    title = "The results cannot be written"
    detail = "{path}: {reason}."
    remedy = "Choose another folder with --out."


class NoRenderer(PipelineError):
    type = "no-renderer"
    title = "No pictures can be drawn here"
    detail = "{reason}."


class RenderFailed(PipelineError):
    type = "render-failed"
    title = "A picture could not be drawn"
    detail = "{reason}."


class ConversionStopped(PipelineError):
    """The child process that converts did not come to its end."""

    remedy = "Reduce its textures or triangles."


class OutOfMemory(ConversionStopped):
    type = "out-of-memory"
    title = "The conversion needed too much memory"
    detail = "Converting {name} needed more than {limit_mb:,} MB."


class TimedOut(ConversionStopped):
    type = "timed-out"
    title = "The conversion took too long"
    detail = "Converting {name} took more than {limit_seconds:g} s."


class OutputTooLarge(ConversionStopped):
    type = "output-too-large"
    title = "The conversion wrote too much"
    detail = "Converting {name} would have written a file of more than {limit_mb:,} MB."


class ConverterCrashed(ConversionStopped):
    type = "converter-crashed"
    title = "The converter stopped unexpectedly"
    detail = "Converting {name} ended with {how}."
    remedy = "The model may be damaged in an unusual way: export it anew."
