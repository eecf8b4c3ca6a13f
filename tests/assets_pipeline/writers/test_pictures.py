"""Which file a picture becomes, and that many are made side by side."""

import io
import threading

import numpy as np
import pytest
from PIL import Image as Pillow

from assets_pipeline import programs
from assets_pipeline.model import Image, Json, Model, Texture
from assets_pipeline.programs import MissingProgram
from assets_pipeline.writers.codec import Pixels
from assets_pipeline.writers.pictures import EncodedPictures, Pictures, Slack
from tests.assets_pipeline.writers.test_search import hills


def model_of(*pictures: Pixels, data: bytes = b"", mime: str = "image/png") -> Model:
    """Each picture is the base colour of a material."""
    images = tuple(Image(data, mime, p.shape[1], p.shape[0], p) for p in pictures)
    slots: list[Json] = [
        {"pbrMetallicRoughness": {"baseColorTexture": {"index": i}}} for i in range(len(images))
    ]
    textures = tuple(Texture(i) for i in range(len(images)))
    return Model(images=images, textures=textures, materials=tuple(slots))


def files(policy: Pictures, model: Model) -> list[tuple[bytes, str]]:
    return EncodedPictures(2).begin(policy, model).finish()


def test_a_searched_picture_is_smaller_than_a_webp_of_its_quality() -> None:
    model = model_of(hills())
    ((made, media_type),) = files(Pictures.searched(), model)
    ((webp, _),) = files(Pictures.webp_only(), model)
    assert media_type == "image/avif"
    assert len(made) < len(webp)


def test_a_profile_without_avif_gets_none() -> None:
    ((content, media_type),) = files(Pictures.searched().without_avif(), model_of(hills()))
    assert media_type == "image/webp"
    assert Pillow.open(io.BytesIO(content)).format == "WEBP"


def test_less_slack_is_more_bytes() -> None:
    model = model_of(hills())
    sizes = [
        len(files(Pictures.searched(Slack(colour=slack)), model)[0][0]) for slack in (0.5, 1, 3)
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[2]


def test_every_loader_gets_jpeg_and_png_for_what_is_transparent_or_plain() -> None:
    plain = np.zeros((64, 64, 3), np.uint8)
    plain[:32] = (200, 10, 30)
    found = files(Pictures.core(), model_of(hills(), hills(channels=4), plain))
    assert [media_type for _, media_type in found] == ["image/jpeg", "image/png", "image/png"]


def test_the_sources_own_file_stays_where_it_is_smaller_and_may_be_used() -> None:
    model = model_of(hills(), data=b"tiny", mime="image/webp")
    assert files(Pictures.searched(), model) == [(b"tiny", "image/webp")]
    assert files(Pictures.core(), model)[0][1] == "image/jpeg"


def test_equal_pixels_are_encoded_once_for_all_profiles() -> None:
    encoded = EncodedPictures(2)
    model = model_of(hills())
    first = encoded.begin(Pictures.webp_only(), model).finish()
    second = encoded.begin(Pictures.webp_only(), model_of(*[i.pixels for i in model.images]))
    assert second.finish()[0][0] is first[0][0]
    other = encoded.begin(Pictures.webp_only(Slack(colour=3)), model).finish()
    assert other[0][0] != first[0][0]


def test_work_goes_on_while_pictures_are_encoded() -> None:
    started, go_on = threading.Event(), threading.Event()

    class Slow(Pictures):
        def encode(self, image: Image, role: str) -> tuple[bytes, str]:
            started.set()
            assert go_on.wait(10)
            return b"done", "image/webp"

    pending = EncodedPictures(1).begin(Slow(("image/webp",)), model_of(hills()))
    assert started.wait(10)
    go_on.set()
    heard: list[float] = []
    assert pending.finish(heard.append) == [(b"done", "image/webp")]
    assert heard == [1.0]


def test_without_basisu_a_headset_gets_webp_and_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise MissingProgram("It is not here.")

    monkeypatch.setattr(programs, "basisu", gone)
    pending = EncodedPictures(1).begin(Pictures.ktx2(), model_of(hills()))
    assert pending.finish()[0][1] == "image/webp"
    assert pending.notes == ["Pictures are WebP instead of KTX2. It is not here."]


def test_a_picture_that_basisu_fails_on_becomes_webp(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VITRINE_BASISU", "/bin/false")
    pending = EncodedPictures(1).begin(Pictures.ktx2(), model_of(hills(), hills(noise=3)))
    assert [media_type for _, media_type in pending.finish()] == ["image/webp"] * 2
    assert len(pending.notes) == 1


def test_a_source_that_is_ktx2_is_not_encoded_again() -> None:
    model = model_of(hills(), data=b"a texture", mime="image/ktx2")
    assert files(Pictures.ktx2(), model) == [(b"a texture", "image/ktx2")]


def test_a_picture_of_a_few_pixels_is_encoded_like_any_other() -> None:
    """Its file is hardly more than the format's overhead."""
    for side in (1, 2, 4, 8):
        image = Image(pixels=np.full((side, side, 3), 200, np.uint8), width=side, height=side)
        for role in ("colour", "normal", "data"):
            content, _ = Pictures.searched().encode(image, role)
            assert content
