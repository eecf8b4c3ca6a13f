"""A user's own profiles, from a TOML or JSON file: a profile that there is, and what differs.

    [profiles.shop-page]
    base = "web"                  # whose steps it takes; a profile of the same name by default
    purpose = "our product pages"
    texture_size = 1024           # pixels of the longer side, at most
    codec = "draco"
    [profiles.shop-page.budget]
    bytes = 500_000

KNOBS says what else there is. A new knob is an entry there and a line in `_changed`.
"""

import json
import math
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from assets_pipeline.errors import InvalidProfiles
from assets_pipeline.model import Json
from assets_pipeline.passes import Pass, Quantize, ResizeTextures
from assets_pipeline.recipes import PROFILES, Budget, Lod, Profile, Recipe
from assets_pipeline.writers.glb import Codec, GlbWriter
from assets_pipeline.writers.pictures import Pictures, Slack

LARGEST = 1_000_000  # bytes of such a file
RESERVED = ("after", "before", "model", "poster", "proof")  # names of other files of a build
PICTURES: dict[str, Callable[[], Pictures]] = {
    "smallest": Pictures.searched,
    "webp": Pictures.webp_only,
    "core": Pictures.core,
    "ktx2": Pictures.ktx2,
}

COUNT = {"type": "integer", "minimum": 1}
SIDE = {"type": "integer", "minimum": 4, "maximum": 8192}
BITS = {"type": "integer", "minimum": 6, "maximum": 16}
ERROR = {"type": "number", "exclusiveMinimum": 0, "maximum": 100}


def _table(**knobs: Json) -> Json:
    return {"type": "object", "properties": knobs, "additionalProperties": False}


KNOBS = _table(
    base={"enum": list(PROFILES), "description": "the profile that it changes"},
    purpose={"type": "string", "maxLength": 200, "description": "for people"},
    texture_size=SIDE | {"description": "pixels of the longer side, at most"},
    power_of_two={"type": "boolean", "description": "texture sides become powers of two"},
    pictures={
        "enum": list(PICTURES),
        "description": "smallest (AVIF or WebP), webp, core (JPEG, PNG), ktx2",
    },
    picture_error=_table(normal=ERROR, colour=ERROR, data=ERROR)
    | {"description": "by kind of texture; 1 is that of WebP at quality 80"},
    codec={
        "enum": ["none", "meshopt", "draco", "smallest"],
        "description": "none, meshopt, draco, smallest (of both)",
    },
    khr_meshopt={"type": "boolean", "description": "KHR_ instead of EXT_meshopt_compression"},
    bits=_table(positions=BITS, normals=BITS, uvs=BITS) | {"description": "of stored integers"},
    tolerance_mm={
        "type": "number", "exclusiveMinimum": 0, "maximum": 1000,
        "description": "by which rounding may move a position",
    },
    lods={
        "type": "array", "maxItems": 4, "description": "levels of detail, each a file of its own",
        "items": _table(ratio={"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
                        texture_size=SIDE) | {"required": ["ratio", "texture_size"]},
    },
    budget=_table(bytes=COUNT, triangles=COUNT, vertices=COUNT, texture_size=SIDE)
    | {"description": "what a file may have"},
)  # fmt: skip
SCHEMA = _table(profiles={"type": "object", "minProperties": 1, "additionalProperties": KNOBS}) | {
    "required": ["profiles"]
}


def read_profiles(path: Path) -> tuple[Profile, ...]:
    """Raises InvalidProfiles, which names the key."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise InvalidProfiles(path=path, reason=f"it is larger than {LARGEST:,} bytes")
        text = content.decode("utf-8-sig")
        document = _parsed(text, path.suffix.lower() == ".json")
    except OSError as error:
        raise InvalidProfiles(path=path, reason=error.strerror or "it cannot be read") from error
    except (ValueError, RecursionError) as error:  # of UTF-8, JSON and TOML
        raise InvalidProfiles(path=path, reason=str(error)) from error
    try:
        return profiles(document)
    except ValueError as error:
        raise InvalidProfiles(path=path, reason=str(error)) from error


def _parsed(text: str, is_json: bool) -> Any:
    if is_json:
        return json.loads(text, parse_float=_finite, parse_constant=_finite)
    return tomllib.loads(text, parse_float=_finite)


def _finite(text: str) -> float:
    """Raises ValueError for `nan` and `inf`, which no comparison of a schema would refuse."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number to work with")
    return number


def profiles(document: Any) -> tuple[Profile, ...]:
    """Raises ValueError, which begins with the key that is wrong."""
    wrong = best_match(Draft202012Validator(SCHEMA).iter_errors(document))
    if wrong is not None:
        raise ValueError(_words(wrong))
    return tuple(_profile(name, knobs) for name, knobs in document["profiles"].items())


def _profile(name: str, knobs: Json) -> Profile:
    where = f"profiles.{name}"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise ValueError(f"{where}: a name has small letters, digits and hyphens, 40 at most")
    if name in RESERVED:
        raise ValueError(f"{where}: other files of a build are called {name}; choose another name")
    if "base" not in knobs and name not in PROFILES:
        raise ValueError(f"{where}.base is missing: one of {', '.join(PROFILES)}")
    base = PROFILES[knobs.get("base", name)]
    size = {k: v for k, v in knobs.items() if k == "texture_size"}
    budget: Budget = replace(base.budget, **(size | knobs.get("budget", {})))
    return replace(
        base,
        name=name,
        purpose=knobs.get("purpose", base.purpose),
        recipe=_changed(base, knobs, where),
        budget=budget,
        lods=tuple(Lod(**level) for level in knobs["lods"]) if "lods" in knobs else base.lods,
    )


def _changed(base: Profile, knobs: Json, where: str) -> Recipe:
    recipe = base.recipe
    resize = {"texture_size": "max_size", "power_of_two": "power_of_two"}
    recipe = replace(recipe, textures=_set(recipe.textures, ResizeTextures, knobs, resize, where))
    rounding = {
        "positions": "position_bits",
        "normals": "normal_bits",
        "uvs": "uv_bits",
        "tolerance": "tolerance",
    }
    told = dict(knobs.get("bits", {}))
    if "tolerance_mm" in knobs:
        told["tolerance"] = knobs["tolerance_mm"] / 1000
    geometry = _set(recipe.geometry, Quantize, told, rounding, f"{where}.bits")
    recipe = replace(recipe, geometry=geometry)
    if "pictures" in knobs:
        recipe = replace(recipe, pictures=PICTURES[knobs["pictures"]]())
    if "picture_error" in knobs:
        slack: Slack = replace(recipe.pictures.slack, **knobs["picture_error"])
        recipe = replace(recipe, pictures=replace(recipe.pictures, slack=slack))
    return _stored(recipe, base.name, knobs, where)


def _stored(recipe: Recipe, base: str, knobs: Json, where: str) -> Recipe:
    """The recipe with the codec asked for."""
    asked = [knob for knob in ("codec", "khr_meshopt", "pictures") if knob in knobs]
    writer = recipe.writer
    if not isinstance(writer, GlbWriter):
        if asked:
            raise ValueError(f"{where}.{asked[0]}: {base} writes USDZ, which has one way only")
        return recipe
    codec = cast(Codec, knobs.get("codec", writer.codec))
    return replace(recipe, writer=GlbWriter(codec, bool(knobs.get("khr_meshopt", writer.khr))))


def _set(
    passes: tuple[Pass, ...], kind: type, knobs: Json, fields: dict[str, str], where: str
) -> tuple[Pass, ...]:
    """The passes, with what `knobs` say about the ones of this kind."""
    given = {field: knobs[knob] for knob, field in fields.items() if knob in knobs}
    if given and not any(isinstance(step, kind) for step in passes):
        raise ValueError(f"{where}: its base has no {kind.__name__} to change; choose another base")
    return tuple(
        cast(Pass, replace(cast(Any, step), **given)) if isinstance(step, kind) else step
        for step in passes
    )


def _words(error: ValidationError) -> str:
    """`profiles.shop.codec: …`, and where a word was mistyped, the one that was meant."""
    where = ".".join(map(str, error.absolute_path)) or "the file"
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(known))
        return f"{where}: there is no {unknown[0]}{_meant(unknown[0], known)}"
    if error.validator == "enum":
        choices = list(map(str, cast(list[Any], error.validator_value)))
        said = f"{where}: {error.instance!r} is none of {', '.join(choices)}"
        return said + _meant(str(error.instance), choices, among=False)
    return f"{where}: {error.message}"


def _meant(word: str, known: list[str], among: bool = True) -> str:
    near = get_close_matches(word, known, 1)
    return f"; is {near[0]} meant?" if near else f", only {', '.join(known)}" if among else ""
