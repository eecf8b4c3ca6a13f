"""A Model as a GLB file."""

import json
import struct
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from assets_pipeline.model import Attributes, Json, Mesh, Model, Node, Primitive
from assets_pipeline.transforms import shown_scales
from assets_pipeline.writers.buffers import EXT_MESHOPT, KHR_MESHOPT, BufferWriter
from assets_pipeline.writers.draco import DRACO, Packed, pack_primitive

Codec = Literal["none", "meshopt", "draco", "smallest"]
File = tuple[bytes, str]  # a picture and its media type
PICTURES = {  # extensions that let a texture show another format than PNG and JPEG
    "image/avif": "EXT_texture_avif",
    "image/webp": "EXT_texture_webp",
    "image/ktx2": "KHR_texture_basisu",
}
INSTANCING = "EXT_mesh_gpu_instancing"
MOST_FLOAT = 3.4e38  # of 32 bits; some exporters write 1.8e308 for "without end"
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942


@dataclass(frozen=True)
class GlbWriter:
    """Writes one self-contained file.

    `codec` says how it is packed: by meshopt's codecs; or triangles by Draco and nothing else; or
    the smaller one of all by meshopt, and triangles by Draco with the rest by meshopt. `khr` takes
    the newer one of the two meshopt extensions: smaller files that fewer loaders read.
    """

    codec: Codec = "none"
    khr: bool = False

    def write(self, model: Model, pictures: list[File] | None = None) -> bytes:
        """`pictures` are files and media types in the order of the model's images; without them
        the images' own bytes are stored."""
        files = pictures or [(image.data, image.mime) for image in model.images]
        return self.begin(model).finish(files)

    def begin(self, model: Model) -> "Draft":
        """All but the pictures, which may still be on their way."""
        meshopt = KHR_MESHOPT if self.khr else EXT_MESHOPT
        ways: dict[Codec, list[tuple[str | None, bool]]] = {
            "none": [(None, False)],
            "meshopt": [(meshopt, False)],
            "draco": [(None, True)],
            "smallest": [(meshopt, False), (meshopt, True)],
        }
        drafts = [Draft(model, BufferWriter(way), draco) for way, draco in ways[self.codec]]
        return drafts[0] if len(drafts) == 1 else min(drafts, key=Draft.size)


def pack(document: Json, binary: bytes) -> bytes:
    """Source: glTF 2.0, section 4.4."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    chunks = struct.pack("<II", len(text), JSON_CHUNK) + text
    if binary:
        chunks += struct.pack("<II", len(binary), BINARY_CHUNK) + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


class Draft:
    """One file without its pictures. Order follows the model, so equal models give equal bytes."""

    def __init__(self, model: Model, buffers: BufferWriter, draco: bool) -> None:
        self.model, self.buffers = model, buffers
        self.pictures: list[File] = []
        self.scales = shown_scales(model) if draco else None
        self.packed: dict[bytes, Json] = {}
        self.lists: Json = {
            "scenes": list(model.scenes),
            "nodes": [self.node(n) for n in model.nodes],
            "cameras": list(model.cameras),
            "meshes": [self.mesh(i, m) for i, m in enumerate(model.meshes)],
            "skins": [self.skin(s) for s in model.skins],
            "animations": [self.animation(a) for a in model.animations],
            "materials": short(list(model.materials)),
            "samplers": list(model.samplers),
        }
        self.buffers.finish()

    def size(self) -> int:
        """Bytes, as far as they differ between two drafts of one model."""
        return len(self.buffers.data) + len(json.dumps([self.lists, self.described()]))

    def described(self) -> Json:
        return {"accessors": short(self.buffers.accessors), "bufferViews": self.buffers.views}

    def finish(self, pictures: list[File]) -> bytes:
        """The whole file. Once only: the pictures go into the draft's own buffers."""
        model, self.pictures = self.model, pictures
        lists = {
            **self.lists,
            "textures": [self.texture(t) for t in model.textures],
            "images": [self.image(i) for i in range(len(model.images))],
            "buffers": self.buffers.finish(),
            **self.described(),
        }
        document: Json = {"asset": {**model.asset, "version": "2.0", "generator": "Vitrine"}}
        used, required = self.extension_names()
        document |= {"extensionsUsed": sorted(used)} if used else {}
        document |= {"extensionsRequired": sorted(required)} if required else {}
        document |= {} if model.scene is None else {"scene": model.scene}
        document |= {key: value for key, value in lists.items() if value}
        document |= rest(None, model.extensions, model.extras)
        return pack(document, bytes(self.buffers.data))

    def extension_names(self) -> tuple[set[str], set[str]]:
        used, required = set(self.model.used), set(self.model.required)
        if self.buffers.meshopt and self.buffers.compressed:
            required.add(self.buffers.meshopt)
        if self.packed:
            required.add(DRACO)
        required |= {PICTURES[mime] for _, mime in self.pictures if mime in PICTURES}
        if any(node.instancing for node in self.model.nodes):
            used.add(INSTANCING)
        return used | required, required

    def attributes(self, attributes: Attributes, prefix: str = "") -> Json:
        return {
            name: self.buffers.attribute(prefix + name, values, bounds=name == "POSITION")
            for name, values in attributes.items()
        }

    def mesh(self, index: int, mesh: Mesh) -> Json:
        entry: Json = {"primitives": [self.primitive(index, p) for p in mesh.primitives]}
        entry |= {} if mesh.weights is None else {"weights": list(mesh.weights)}
        return entry | rest(mesh.name, mesh.extensions, mesh.extras)

    def primitive(self, mesh: int, primitive: Primitive) -> Json:
        extensions = primitive.extensions
        packed = None
        if self.scales is not None:
            packed = pack_primitive(primitive, self.scales.get(mesh, 1.0))
        if packed is None:
            entry = self.stored(primitive)
        else:
            entry = self.by_draco(packed)
            extensions = {**extensions, **entry["extensions"]}
        if primitive.mode != 4:
            entry["mode"] = primitive.mode
        if primitive.material is not None:
            entry["material"] = primitive.material
        return entry | rest(None, extensions, primitive.extras)

    def stored(self, primitive: Primitive) -> Json:
        entry: Json = {"attributes": self.attributes(primitive.attributes)}
        if primitive.indices is not None:
            entry["indices"] = self.buffers.indices(primitive.indices, primitive.mode)
        if primitive.targets:
            entry["targets"] = [self.attributes(t, "target ") for t in primitive.targets]
        return entry

    def by_draco(self, packed: Packed) -> Json:
        """Equal primitives share one file and its accessors."""
        if packed.data not in self.packed:
            described = {
                name: self.buffers.described(values, bounds=name == "POSITION")
                for name, values in packed.attributes.items()
            }
            content = {"bufferView": self.buffers.file(packed.data), "attributes": packed.ids}
            self.packed[packed.data] = {
                "attributes": described,
                "indices": self.buffers.described(packed.indices),
                "extensions": {DRACO: content},
            }
        return dict(self.packed[packed.data])

    def node(self, node: Node) -> Json:
        entry: Json = {"children": list(node.children)} if node.children else {}
        for key in ("mesh", "skin", "camera"):
            entry |= {} if getattr(node, key) is None else {key: getattr(node, key)}
        for key in ("matrix", "translation", "rotation", "scale", "weights"):
            entry |= {} if getattr(node, key) is None else {key: short(list(getattr(node, key)))}
        extensions = node.extensions
        if node.instancing:
            rows = {n: self.buffers.data_accessor(n, v) for n, v in node.instancing.items()}
            extensions = {**extensions, INSTANCING: {"attributes": rows}}
        return entry | rest(node.name, extensions, node.extras)

    def skin(self, skin: Any) -> Json:
        entry: Json = {"joints": list(skin.joints)}
        if skin.inverse_bind_matrices is not None:
            matrices = self.buffers.data_accessor("bind", skin.inverse_bind_matrices)
            entry["inverseBindMatrices"] = matrices
        entry |= {} if skin.skeleton is None else {"skeleton": skin.skeleton}
        return entry | rest(skin.name, skin.extensions, skin.extras)

    def animation(self, animation: Any) -> Json:
        samplers = []
        for sampler in animation.samplers:
            entry: Json = {
                "input": self.buffers.data_accessor("times", sampler.times, bounds=True),
                "output": self.buffers.data_accessor("values", sampler.values),
            }
            if sampler.interpolation != "LINEAR":
                entry["interpolation"] = sampler.interpolation
            samplers.append(entry | rest(None, {}, sampler.extras))
        return {"channels": list(animation.channels), "samplers": samplers} | rest(
            animation.name, animation.extensions, animation.extras
        )

    def texture(self, texture: Any) -> Json:
        entry: Json = {} if texture.sampler is None else {"sampler": texture.sampler}
        extensions = texture.extensions
        if texture.image is not None:
            if needed := PICTURES.get(self.pictures[texture.image][1]):
                extensions = {**extensions, needed: {"source": texture.image}}
            else:
                entry["source"] = texture.image
        return entry | rest(texture.name, extensions, texture.extras)

    def image(self, index: int) -> Json:
        image, (content, mime) = self.model.images[index], self.pictures[index]
        entry: Json = {"mimeType": mime, "bufferView": self.buffers.file(content)}
        return entry | rest(image.name, image.extensions, image.extras)


def rest(name: str | None, extensions: Json, extras: Any) -> Json:
    """What any glTF object may carry, less what is absent."""
    entry: Json = {} if name is None else {"name": name}
    entry |= {"extensions": extensions} if extensions else {}
    return entry if extras is None else {**entry, "extras": extras}


def short(value: Any) -> Any:
    """JSON with its numbers in the fewest digits that mean the same 32-bit float.

    Loaders take no more. Left alone is what is not glTF's own: extras, vendors' extensions.
    """
    if isinstance(value, float):
        if abs(value) > MOST_FLOAT:
            return value
        if value.is_integer() and abs(value) < 1e7:
            return int(value)
        single = float(str(np.float32(value)))
        return int(single) if single.is_integer() and abs(single) < 1e7 else single
    if isinstance(value, list):
        return [short(item) for item in value]
    if isinstance(value, dict):
        return {key: item if _foreign(key) else short(item) for key, item in value.items()}
    return value


def _foreign(key: str) -> bool:
    return key == "extras" or (key[:1].isupper() and not key.startswith("KHR_"))
