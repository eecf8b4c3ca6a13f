"""Which of several pictures a glTF texture shows here."""

from assets_pipeline.errors import UnsupportedModel
from assets_pipeline.model import Json

KTX2 = "KHR_texture_basisu"
PICTURES = ("EXT_texture_webp", "EXT_texture_avif")  # carry an image index of their own
GPU_PICTURES = (KTX2, "MSFT_texture_dds")


def shown_image(texture: Json) -> int | None:
    """The best picture that can be decoded: a modern one, the plain one, at last KTX2, which has
    been lossy twice. Raises UnsupportedModel where there is DDS only."""
    offered = texture.get("extensions", {})
    by_name = {name: offered[name]["source"] for name in offered if "source" in offered[name]}
    for name in PICTURES:
        if name in by_name:
            return int(by_name[name])
    if (plain := texture.get("source")) is not None:
        return int(plain)
    if KTX2 in by_name:
        return int(by_name[KTX2])
    if any(name in offered for name in GPU_PICTURES):
        raise UnsupportedModel(
            found="It has DDS textures only",
            remedy="Export it with PNG, JPEG, WebP or KTX2 textures.",
        )
    return None


def replaced_images(textures: list[Json]) -> set[int]:
    """Images for GPUs only, in the place of which their textures show others."""
    for_gpus = {
        texture["extensions"][name]["source"]
        for texture in textures
        for name in GPU_PICTURES
        if "source" in texture.get("extensions", {}).get(name, {})
    }
    return for_gpus - {shown_image(texture) for texture in textures}
