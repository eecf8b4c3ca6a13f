"""glTF 2.0 and GLB to a Model, nothing lost.

JSON that refers to no binary data is taken over verbatim. Extensions that do refer to it are
resolved (meshopt and Draco compression, EXT_mesh_gpu_instancing, the ones for pictures), or,
where the pipeline does not know them, left out with a warning, because their references would
point nowhere. Required ones that cannot be resolved are refused.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets_pipeline.errors import InvalidModel, UnsupportedModel
from assets_pipeline.model import (
    Animation,
    AnimationSampler,
    Attributes,
    Image,
    Json,
    Mesh,
    Model,
    Node,
    Primitive,
    Skin,
    Texture,
)
from assets_pipeline.readers.accessors import MESHOPT, Buffers, data_uri, whole
from assets_pipeline.readers.container import open_glb, parse_json
from assets_pipeline.readers.draco import Unpacked, unpack
from assets_pipeline.readers.pictures import picture
from assets_pipeline.readers.schema import check_schema
from assets_pipeline.readers.source import Source
from assets_pipeline.readers.textures import GPU_PICTURES, PICTURES, replaced_images, shown_image

INSTANCING = "EXT_mesh_gpu_instancing"
DRACO = "KHR_draco_mesh_compression"
RESOLVED = {*MESHOPT, INSTANCING, DRACO, *PICTURES, *GPU_PICTURES}
# In place of a picture that nothing shows any more, where others must keep their numbers.
BLANK = Image(width=1, height=1, pixels=np.zeros((1, 1, 3), np.uint8))
BINARY_KEYS = {"bufferView", "bufferViews", "accessor", "accessors"}


def read_gltf(source: Source) -> Model:
    """Raises InvalidModel or UnsupportedModel."""
    if source.kind == "glb":
        gltf, chunk = open_glb(source.data, source.limits)
    else:
        gltf, chunk = parse_json(source.data, source.limits), None
    check_schema(gltf)
    try:
        return GltfReader(gltf, chunk, source).model()
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError) as error:
        # Buffers, accessors and extensions have more shapes than the schema above checks; what
        # breaks on a wrong one ends here, once.
        raise InvalidModel(
            reason=f"Its JSON does not follow the glTF schema ({type(error).__name__}: {error})"
        ) from error


class GltfReader:
    def __init__(self, gltf: Json, chunk: bytes | None, source: Source) -> None:
        self.gltf, self.source = gltf, source
        self.buffers = Buffers(gltf, chunk, source.sibling, source.limits)
        self.dropped: set[str] = set()
        self.replaced = replaced_images(gltf.get("textures", []))
        self.meshes_unpacked: dict[int, Unpacked] = {}  # Draco's, by view: primitives may share one

    def model(self) -> Model:
        gltf = self.gltf
        model = Model(
            meshes=tuple(map(self.mesh, gltf.get("meshes", []))),
            nodes=tuple(map(self.node, gltf.get("nodes", []))),
            scenes=tuple(gltf.get("scenes", [])),
            scene=gltf.get("scene"),
            materials=tuple(self.clean(m) for m in gltf.get("materials", [])),
            textures=tuple(map(self.texture, gltf.get("textures", []))),
            images=tuple(self.image(i, entry) for i, entry in enumerate(gltf.get("images", []))),
            samplers=tuple(gltf.get("samplers", [])),
            animations=tuple(map(self.animation, gltf.get("animations", []))),
            skins=tuple(map(self.skin, gltf.get("skins", []))),
            cameras=tuple(gltf.get("cameras", [])),
            asset=gltf["asset"],
            extensions=self.extensions(gltf),
            extras=gltf.get("extras"),
            used=frozenset(gltf.get("extensionsUsed", [])) - RESOLVED,
            required=frozenset(gltf.get("extensionsRequired", [])) - (RESOLVED - {INSTANCING}),
            declared=tuple(gltf.get("extensionsUsed", [])),
        )
        return self._without_dropped(model)

    def _without_dropped(self, model: Model) -> Model:
        if refused := self.dropped & model.required:
            raise UnsupportedModel(
                found=f"It requires {', '.join(sorted(refused))}",
                remedy="Export it without this extension.",
            )
        for name in sorted(self.dropped):
            model = model.warn(f"{name} was left out: it holds binary data of an unknown layout.")
        return replace(model, used=model.used - self.dropped)

    def extensions(self, owner: Json) -> Json:
        """The owner's extensions that are kept verbatim."""
        kept = {}
        for name, content in owner.get("extensions", {}).items():
            if name in RESOLVED:
                continue
            if _refers_to_binary(content):
                self.dropped.add(name)
            else:
                kept[name] = content
        return kept

    def clean(self, owner: Json) -> Json:
        """A JSON object kept verbatim, less extensions that cannot be kept."""
        if "extensions" not in owner:
            return owner
        rest = {key: value for key, value in owner.items() if key != "extensions"}
        kept = self.extensions(owner)
        return {**rest, "extensions": kept} if kept else rest

    def named(self, entry: Json) -> dict[str, Any]:
        return {
            "name": entry.get("name"),
            "extensions": self.extensions(entry),
            "extras": entry.get("extras"),
        }

    def attributes(self, entry: Json) -> Attributes:
        return {name: self.buffers.accessor(index) for name, index in entry.items()}

    def mesh(self, entry: Json) -> Mesh:
        primitives = tuple(self.primitive(p) for p in entry["primitives"])
        return Mesh(primitives, weights=_numbers(entry, "weights") or None, **self.named(entry))

    def primitive(self, entry: Json) -> Primitive:
        if "POSITION" not in entry["attributes"]:
            raise InvalidModel(reason="A primitive has no positions")
        attributes, indices = self.unpacked(entry) if self._packed(entry) else self.listed(entry)
        return Primitive(
            attributes=attributes,
            indices=indices,
            mode=int(entry.get("mode", 4)),
            material=entry.get("material"),
            targets=tuple(self.attributes(target) for target in entry.get("targets", [])),
            extensions=self.extensions(entry),
            extras=entry.get("extras"),
        )

    def listed(self, entry: Json) -> tuple[Attributes, NDArray[np.uint32] | None]:
        attributes = self.attributes(entry["attributes"])
        if "indices" not in entry:
            return attributes, None
        listed = self.buffers.accessor(entry["indices"])
        if listed.kind != "SCALAR" or listed.array.dtype.kind != "u":
            raise InvalidModel(
                reason=f"A primitive has indices as {listed.kind} of {listed.array.dtype.name}"
            )
        return attributes, listed.array.ravel().astype(np.uint32)

    def _packed(self, entry: Json) -> bool:
        """Draco with a fallback is read from the fallback."""
        if DRACO not in entry.get("extensions", {}):
            return False
        return "bufferView" not in self.buffers.declared(entry["attributes"]["POSITION"])

    def unpacked(self, entry: Json) -> tuple[Attributes, NDArray[np.uint32]]:
        packed = entry["extensions"][DRACO]
        declared = self.buffers.declared(entry["indices"])
        where = "A primitive"
        corners = whole(declared.get("count"), "Its number of indices")
        view = packed["bufferView"]
        if view not in self.meshes_unpacked:
            data = bytes(self.buffers.view(view))
            self.meshes_unpacked[view] = unpack(data, corners, self.source.limits, where)
        mesh = self.meshes_unpacked[view]
        attributes = {}
        for name, index in entry["attributes"].items():
            if name not in packed["attributes"]:
                attributes[name] = self.buffers.accessor(index)
            elif (number := packed["attributes"][name]) in mesh.attributes:
                attributes[name] = self.buffers.described(index, mesh.attributes[number])
            else:
                raise InvalidModel(reason=f"{where} has no {name} in its Draco data")
        return attributes, mesh.indices

    def node(self, entry: Json) -> Node:
        instances = entry.get("extensions", {}).get(INSTANCING, {}).get("attributes", {})
        return Node(
            children=tuple(entry.get("children", [])),
            mesh=entry.get("mesh"),
            skin=entry.get("skin"),
            camera=entry.get("camera"),
            matrix=_numbers(entry, "matrix", 16),
            translation=_numbers(entry, "translation", 3),
            rotation=_numbers(entry, "rotation", 4),
            scale=_numbers(entry, "scale", 3),
            weights=_numbers(entry, "weights") or None,
            instancing=self.attributes(instances),
            **self.named(entry),
        )

    def texture(self, entry: Json) -> Texture:
        image = shown_image(entry)
        return Texture(image=image, sampler=entry.get("sampler"), **self.named(entry))

    def image(self, index: int, entry: Json) -> Image:
        if index in self.replaced:
            return replace(BLANK, **self.named(entry))
        uri = entry.get("uri")
        if uri is None:
            data = bytes(self.buffers.view(entry["bufferView"]))
        else:
            data = data_uri(uri) if uri.startswith("data:") else self.source.sibling(uri)
        label = entry.get("name") or (uri if uri and not uri.startswith("data:") else index)
        found = picture(data, f"Image {label}", self.source.limits)
        return replace(found, **self.named(entry))

    def animation(self, entry: Json) -> Animation:
        samplers = tuple(
            AnimationSampler(
                times=self.buffers.accessor(s["input"]),
                values=self.buffers.accessor(s["output"]),
                interpolation=s.get("interpolation", "LINEAR"),
                extras=s.get("extras"),
            )
            for s in entry["samplers"]
        )
        return Animation(tuple(entry["channels"]), samplers, **self.named(entry))

    def skin(self, entry: Json) -> Skin:
        matrices = entry.get("inverseBindMatrices")
        return Skin(
            joints=tuple(entry["joints"]),
            inverse_bind_matrices=None if matrices is None else self.buffers.accessor(matrices),
            skeleton=entry.get("skeleton"),
            **self.named(entry),
        )


def _refers_to_binary(content: Any) -> bool:
    if isinstance(content, dict):
        return not BINARY_KEYS.isdisjoint(content) or any(map(_refers_to_binary, content.values()))
    return isinstance(content, list) and any(map(_refers_to_binary, content))


def _numbers(entry: Json, key: str, count: int | None = None) -> tuple[float, ...] | None:
    if key not in entry:
        return None
    numbers = tuple(float(x) for x in entry[key])
    if count is not None and len(numbers) != count:
        raise InvalidModel(reason=f"A node's {key} has {len(numbers)} numbers instead of {count}")
    if not np.isfinite(numbers).all():
        raise InvalidModel(reason=f"A node's {key} holds values that are not finite numbers")
    return numbers
