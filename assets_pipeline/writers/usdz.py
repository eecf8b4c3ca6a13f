"""A Model as USDZ, the one format of iPhones' and iPads' Quick Look."""

import io
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets_pipeline.errors import MissingExtra
from assets_pipeline.model import TRIANGLES, Model
from assets_pipeline.writers.preview_surface import lost
from assets_pipeline.writers.usd_materials import Materials
from assets_pipeline.writers.usd_stage import ROOT, Scene, variant_number, worn

MEDIA_TYPE = "model/vnd.usdz+zip"
ALIGNMENT = 64  # of each file's content. Source: USDZ specification 1.3
LOCAL_HEADER = 30  # bytes before name and extra field. Source: PKWARE's APPNOTE, 4.3.7
PADDING = 0x1986  # id of the extra field that USD's own packager fills up with
LAYER = "model.usdc"
CHECKS = (  # keywords of the validators, each with those that it rests on
    "UsdCoreValidators",
    "UsdGeomValidators",
    "UsdShadeValidators",
    "UsdUtilsValidators",
    "UsdzValidators",
)


@dataclass(frozen=True)
class UsdzWriter:
    """Writes one variant as a package of its own, with the pictures that it shows.

    Raises MissingExtra without usd-core.
    """

    def write(
        self,
        model: Model,
        pictures: list[tuple[bytes, str]] | None = None,
        variant: str | None = None,
    ) -> bytes:
        """`pictures` are as for GlbWriter; only PNG and JPEG can be shown."""
        files = pictures or [(image.data, image.mime) for image in model.images]
        _require_usd()
        with tempfile.TemporaryDirectory() as folder:
            layer = Path(folder) / LAYER
            materials = _write_layer(layer, model, files, variant)
            return package({LAYER: layer.read_bytes(), **dict(sorted(materials.files.items()))})

    def losses(self, model: Model, variant: str | None = None) -> list[str]:
        """What of the model the file cannot show, in words."""
        number = variant_number(model, variant)
        shown = {worn(p, number) for p in model.primitives}
        gone = set().union(*(lost(model.materials[i]) for i in shown if i is not None))
        said = [f"{name} has no counterpart in USDZ" for name in sorted(gone)]
        if any(p.mode != TRIANGLES for p in model.primitives):
            said.append("Points and lines are left out of USDZ")
        if any("COLOR_0" in p.attributes and _textured(model, p, number) for p in model.primitives):
            said.append("Vertex colours under a texture are left out of USDZ")
        return said


def _write_layer(
    path: Path, model: Model, pictures: list[tuple[bytes, str]], variant: str | None
) -> Materials:
    from pxr import Usd, UsdGeom

    stage = Usd.Stage.CreateNew(str(path))
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    root = UsdGeom.Xform.Define(stage, ROOT).GetPrim()
    stage.SetDefaultPrim(root)
    Usd.ModelAPI(root).SetKind("component")
    scope = f"{ROOT}/Materials"
    UsdGeom.Scope.Define(stage, scope)
    materials = Materials(stage, scope, model, pictures)
    Scene(stage, model, materials, variant_number(model, variant)).write()
    stage.GetRootLayer().Save()
    return materials


def package(files: dict[str, bytes]) -> bytes:
    """A zip without compression, each content at a multiple of 64 bytes, the layer first.

    It holds no time: equal files make equal packages.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # its date is that of the oldest zip, 1980
            used = stream.tell() + LOCAL_HEADER + len(name.encode()) + 4
            space = -used % ALIGNMENT
            entry.extra = PADDING.to_bytes(2, "little") + space.to_bytes(2, "little") + bytes(space)
            archive.writestr(entry, content)
    return stream.getvalue()


def validate_usdz(content: bytes) -> list[str]:
    """What UsdValidation finds in the package and its stage; empty when it is well.

    Raises MissingExtra without usd-core.
    """
    _require_usd()
    from pxr import Tf, Usd, UsdValidation

    registry = UsdValidation.ValidationRegistry()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.usdz"
        path.write_bytes(content)
        try:
            stage = Usd.Stage.Open(str(path))
        except Tf.ErrorException as error:
            return [f"NotOpened: {error}"]
        chosen = [
            registry.GetOrLoadValidatorByName(found.name)
            for found in registry.GetAllValidatorMetadata()
            if not set(found.GetKeywords()).isdisjoint(CHECKS)
        ]
        errors = UsdValidation.ValidationContext(chosen).Validate(stage)
        return sorted(f"{e.GetName()}: {e.GetMessage()}" for e in errors)


def _textured(model: Model, primitive: Any, variant: int | None) -> bool:
    number = worn(primitive, variant)
    json = {} if number is None else model.materials[number]
    return "baseColorTexture" in json.get("pbrMetallicRoughness", {})


def _require_usd() -> None:
    try:
        import pxr  # noqa: F401
    except ImportError as error:
        raise MissingExtra(what="Writing USDZ", extra="usd") from error
