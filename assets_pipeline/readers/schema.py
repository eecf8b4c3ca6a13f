"""The shape of glTF's JSON, as far as the pipeline leans on it. Everything else passes unread.

Source: the JSON schemas of glTF 2.0 and of the extensions named here. `null` is nowhere allowed.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from assets_pipeline.errors import InvalidModel
from assets_pipeline.materials import texture_infos
from assets_pipeline.model import Json

Index = Annotated[int, Meta(ge=0)]
Number = Annotated[float, Meta(ge=-1e9, le=1e9)]  # metres, factors: beyond this arithmetic breaks
Pair = tuple[Number, Number]
Extensions = dict[str, dict[str, Any]]


class Transform(msgspec.Struct):
    offset: Pair = (0, 0)
    scale: Pair = (1, 1)
    rotation: Number = 0
    texCoord: Index = 0  # noqa: N815  # glTF's name


class TextureExtensions(msgspec.Struct):
    KHR_texture_transform: Transform | UnsetType = UNSET


class TextureInfo(msgspec.Struct):
    index: Index
    texCoord: Index = 0  # noqa: N815
    extensions: TextureExtensions | UnsetType = UNSET


class Roughness(msgspec.Struct):
    baseColorTexture: TextureInfo | UnsetType = UNSET  # noqa: N815
    metallicRoughnessTexture: TextureInfo | UnsetType = UNSET  # noqa: N815
    metallicFactor: Number = 1  # noqa: N815
    roughnessFactor: Number = 1  # noqa: N815
    baseColorFactor: tuple[Number, Number, Number, Number] = (1, 1, 1, 1)  # noqa: N815


class Volume(msgspec.Struct):
    thicknessFactor: Number = 0  # noqa: N815


class Strength(msgspec.Struct):
    emissiveStrength: Number = 1  # noqa: N815


class MaterialExtensions(msgspec.Struct):
    KHR_materials_volume: Volume | UnsetType = UNSET
    KHR_materials_emissive_strength: Strength | UnsetType = UNSET


class NormalInfo(TextureInfo):
    scale: Number = 1


class OcclusionInfo(TextureInfo):
    strength: Annotated[float, Meta(ge=0, le=1)] = 1


class Material(msgspec.Struct):
    name: str = ""
    alphaMode: Literal["OPAQUE", "MASK", "BLEND"] = "OPAQUE"  # noqa: N815
    alphaCutoff: Number = 0.5  # noqa: N815
    doubleSided: bool = False  # noqa: N815
    emissiveFactor: tuple[Number, Number, Number] = (0, 0, 0)  # noqa: N815
    pbrMetallicRoughness: Roughness | UnsetType = UNSET  # noqa: N815
    normalTexture: NormalInfo | UnsetType = UNSET  # noqa: N815
    occlusionTexture: OcclusionInfo | UnsetType = UNSET  # noqa: N815
    emissiveTexture: TextureInfo | UnsetType = UNSET  # noqa: N815
    extensions: MaterialExtensions | UnsetType = UNSET


class Mapping(msgspec.Struct):
    material: Index
    variants: list[Index]


class Mappings(msgspec.Struct):
    mappings: list[Mapping]


class PrimitiveExtensions(msgspec.Struct):
    KHR_materials_variants: Mappings | UnsetType = UNSET


class Primitive(msgspec.Struct):
    attributes: dict[str, Index]
    indices: Index | UnsetType = UNSET
    mode: Annotated[int, Meta(ge=0, le=6)] = 4
    material: Index | UnsetType = UNSET
    targets: list[Annotated[dict[str, Index], Meta(min_length=1)]] = []
    extensions: PrimitiveExtensions | UnsetType = UNSET


class Mesh(msgspec.Struct):
    primitives: list[Primitive]
    name: str = ""
    weights: list[Number] = []


class Node(msgspec.Struct):
    name: str = ""
    children: list[Index] = []
    mesh: Index | UnsetType = UNSET
    skin: Index | UnsetType = UNSET
    camera: Index | UnsetType = UNSET
    matrix: list[Number] = []
    translation: list[Number] = []
    rotation: list[Number] = []
    scale: list[Number] = []
    weights: list[Number] = []
    extensions: Extensions = {}


class Scene(msgspec.Struct):
    nodes: list[Index] = []


class Target(msgspec.Struct):
    path: str
    node: Index | UnsetType = UNSET


class Channel(msgspec.Struct):
    sampler: Index
    target: Target


class AnimationSampler(msgspec.Struct):
    input: Index
    output: Index
    interpolation: str = "LINEAR"


class Animation(msgspec.Struct):
    channels: list[Channel]
    samplers: list[AnimationSampler]
    name: str = ""


class Skin(msgspec.Struct):
    joints: list[Index]
    inverseBindMatrices: Index | UnsetType = UNSET  # noqa: N815
    skeleton: Index | UnsetType = UNSET
    name: str = ""


class Texture(msgspec.Struct):
    source: Index | UnsetType = UNSET
    sampler: Index | UnsetType = UNSET
    extensions: Extensions = {}


class Image(msgspec.Struct):
    name: str = ""
    uri: str | UnsetType = UNSET
    bufferView: Index | UnsetType = UNSET  # noqa: N815


class Variant(msgspec.Struct):
    name: str


class Variants(msgspec.Struct):
    variants: list[Variant]


class RootExtensions(msgspec.Struct):
    KHR_materials_variants: Variants | UnsetType = UNSET


class Gltf(msgspec.Struct):
    asset: dict[str, Any]
    scene: Index | UnsetType = UNSET
    scenes: list[Scene] = []
    nodes: list[Node] = []
    meshes: list[Mesh] = []
    materials: list[Material] = []
    textures: list[Texture] = []
    images: list[Image] = []
    samplers: list[dict[str, Any]] = []
    cameras: list[dict[str, Any]] = []
    animations: list[Animation] = []
    skins: list[Skin] = []
    extensionsUsed: list[str] = []  # noqa: N815
    extensionsRequired: list[str] = []  # noqa: N815
    extensions: RootExtensions | UnsetType = UNSET


def check_schema(gltf: Json) -> None:
    """Raises InvalidModel, naming the place, when the JSON has another shape."""
    _check_extensions(gltf)
    try:
        msgspec.convert(gltf, Gltf)
        for material in gltf.get("materials", []):
            for _, info in texture_infos(material):  # those of extensions too
                msgspec.convert(info, TextureInfo)
    except msgspec.ValidationError as error:
        raise InvalidModel(reason=f"Its JSON does not follow the glTF schema: {error}") from error


def _check_extensions(gltf: Json) -> None:
    """Every extension is an object, wherever it stands."""
    todo: list[Any] = [gltf]
    while todo:
        value = todo.pop()
        if isinstance(value, list):
            todo += [inner for inner in value if isinstance(inner, dict | list)]
            continue
        extensions = value.get("extensions", {})
        if not isinstance(extensions, dict):
            raise InvalidModel(reason="Its JSON does not follow the glTF schema: `extensions`")
        for name, content in extensions.items():
            if not isinstance(content, dict):
                raise InvalidModel(reason=f"Its extension {name} is not an object")
        todo += [v for k, v in value.items() if k != "extras" and isinstance(v, dict | list)]
