"""A user's profiles change what they name and nothing else; a mistake is told by its key."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets_pipeline.errors import InvalidProfiles
from assets_pipeline.passes import Quantize, ResizeTextures
from assets_pipeline.profile_file import KNOBS, profiles, read_profiles
from assets_pipeline.recipes import PROFILES, Budget
from assets_pipeline.writers.glb import GlbWriter
from assets_pipeline.writers.pictures import Pictures, Slack

SHOP = """
[profiles.shop-page]
base = "web"
purpose = "our product pages"
texture_size = 1024
power_of_two = true
pictures = "webp"
picture_error = { normal = 0.5 }
codec = "draco"
bits = { positions = 16, uvs = 12 }
tolerance_mm = 0.02
[profiles.shop-page.budget]
bytes = 500_000
"""


def one(**knobs: Any) -> Any:
    (profile,) = profiles({"profiles": {"mine": {"base": "web", **knobs}}})
    return profile


def wrong(name: str = "mine", **knobs: Any) -> str:
    with pytest.raises(ValueError, match="profiles") as raised:
        profiles({"profiles": {name: {"base": "web", **knobs}}})
    return str(raised.value)


def test_a_profile_has_what_its_file_says_and_else_what_its_base_has(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SHOP)
    (profile,) = read_profiles(path)
    web = PROFILES["web"]
    assert (profile.name, profile.purpose) == ("shop-page", "our product pages")
    assert profile.budget == replace(web.budget, bytes=500_000, texture_size=1024)
    assert ResizeTextures(1024, power_of_two=True) in profile.recipe.textures
    (rounding,) = (s for s in profile.recipe.geometry if isinstance(s, Quantize))
    (before,) = (s for s in web.recipe.geometry if isinstance(s, Quantize))
    assert rounding == replace(before, position_bits=16, uv_bits=12, tolerance=0.00002)
    assert profile.recipe.pictures == Pictures.webp_only(Slack(normal=0.5))
    assert profile.recipe.writer == GlbWriter("draco")
    assert len(profile.recipe.passes) == len(web.recipe.passes)


def test_json_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"profiles": {"mine": {"base": "preview", "codec": "none"}}}))
    (profile,) = read_profiles(path)
    assert profile.recipe == replace(PROFILES["preview"].recipe, writer=GlbWriter("none"))


def test_a_profile_that_says_nothing_is_its_base() -> None:
    assert one() == replace(PROFILES["web"], name="mine")


def test_a_profile_of_ours_can_be_changed_under_its_name() -> None:
    (profile,) = profiles({"profiles": {"headset": {"budget": {"triangles": 9}}}})
    assert profile == replace(
        PROFILES["headset"], budget=replace(PROFILES["headset"].budget, triangles=9)
    )


def test_every_knob_turns_something() -> None:
    values: dict[str, Any] = {
        "base": "preview", "purpose": "x", "texture_size": 64, "power_of_two": True,
        "pictures": "core", "picture_error": {"data": 9}, "codec": "none", "khr_meshopt": True,
        "bits": {"normals": 6}, "tolerance_mm": 5,
        "lods": [{"ratio": 0.5, "texture_size": 64}], "budget": {"bytes": 7},
    }  # fmt: skip
    assert set(values) == set(KNOBS["properties"])
    for knob, value in values.items():
        assert one(**{knob: value}) != one(), knob
    for part in KNOBS["properties"]["budget"]["properties"]:
        assert one(budget={part: 7}).budget == replace(one().budget, **{part: 7})
    assert one(budget={"bytes": 7}).budget != Budget(bytes=8)


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"codex": "draco"}, "profiles.mine: there is no codex; is codec meant?"),
        ({"budget": {"weight": 1}}, "profiles.mine.budget: there is no weight, only bytes"),
        ({"codec": "dracco"}, "profiles.mine.codec: 'dracco' is none of none, meshopt, draco"),
        ({"texture_size": "big"}, "profiles.mine.texture_size: 'big' is not of type 'integer'"),
        ({"texture_size": 0}, "profiles.mine.texture_size: 0 is less than the minimum of 4"),
        ({"bits": {"uvs": 99}}, "profiles.mine.bits.uvs: 99 is greater"),
        ({"base": "phone"}, "profiles.mine.base: 'phone' is none of web"),
        ({"base": "universal", "bits": {"uvs": 9}}, "profiles.mine.bits: its base has no Quantize"),
        ({"name": "Shop Page"}, "profiles.Shop Page: a name has small letters"),
        ({"name": "../up"}, "profiles.../up: a name has small letters"),
        ({"name": "poster"}, "profiles.poster: other files of a build are called poster"),
    ],
)
def test_a_mistake_is_told_by_its_key(knobs: dict[str, Any], said: str) -> None:
    assert wrong(**knobs).startswith(said)


def test_a_base_has_to_be_named() -> None:
    with pytest.raises(ValueError, match=r"profiles.mine.base is missing: one of web"):
        profiles({"profiles": {"mine": {}}})


@pytest.mark.parametrize("document", [None, [], {}, {"profiles": {}}, {"profiles": 1}, {"a": {}}])
def test_what_is_no_such_file_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"^(the file|profiles)"):
        profiles(document)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.toml", b"[profiles"), ("a.json", b"{"), ("a.json", b"[" * 100_000),
        ("a.toml", b"\xff\xfe"), ("a.toml", b"#" * 2_000_000), ("none.toml", None),
        ("a.toml", b"[profiles.a]\ntolerance_mm = nan"), ("a.json", b'{"profiles": NaN}'),
    ],
)  # fmt: skip
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidProfiles, match=name):
        read_profiles(tmp_path / name)
