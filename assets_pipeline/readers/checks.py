"""What must hold for any model, whatever format it came from."""

import numpy as np

from assets_pipeline.errors import InvalidModel
from assets_pipeline.materials import texture_infos
from assets_pipeline.model import Animation, Json, Model, Primitive, Values
from assets_pipeline.readers.limits import Limits
from assets_pipeline.transforms import shown_nodes

KINDS = {
    "POSITION": ("VEC3",),
    "NORMAL": ("VEC3",),
    "TANGENT": ("VEC4",),
    "TEXCOORD": ("VEC2",),
    "COLOR": ("VEC3", "VEC4"),
    "JOINTS": ("VEC4",),
    "WEIGHTS": ("VEC4",),
}
INSTANCES = {"TRANSLATION": "VEC3", "ROTATION": "VEC4", "SCALE": "VEC3"}
MOVED = ("translation", "rotation", "scale", "weights")
FARTHEST = 1e9  # in any unit; beyond it, products of 32-bit floats overflow


def check(model: Model, limits: Limits) -> Model:
    """The same model. Raises InvalidModel or TooLarge."""
    _check_sizes(model, limits)
    _check_forest(model)
    _check_references(model)
    _check_skins(model)
    _check_motion(model)
    for m, mesh in enumerate(model.meshes):
        for p, primitive in enumerate(mesh.primitives):
            _check_primitive(primitive, f"Mesh {m}, primitive {p}", model)
    shown = (model.nodes[index].mesh for index in shown_nodes(model))
    if not any(p.draws for m in shown if m is not None for p in model.meshes[m].primitives):
        raise InvalidModel(reason="It shows nothing: there is no geometry in it")
    return model


def _check_sizes(model: Model, limits: Limits) -> None:
    limits.check("Nodes", len(model.nodes), limits.nodes)
    limits.check("Vertices", sum(p.vertices for p in model.primitives), limits.vertices)
    limits.check("Triangles", sum(p.triangles for p in model.primitives), limits.triangles)
    pixels = sum(image.width * image.height for image in model.images)
    limits.check("Pixels in all textures", pixels, limits.all_pixels)


def _check_forest(model: Model) -> None:
    """Every node has at most one parent, and nobody is their own ancestor."""
    parents: dict[int, int] = {}
    for index, node in enumerate(model.nodes):
        for child in node.children:
            _check_index(f"Node {index}", "child node", child, len(model.nodes))
            if child in parents:
                raise InvalidModel(reason=f"Node {child} has two parents")
            parents[child] = index
    safe: set[int] = set()
    for start in range(len(model.nodes)):
        path: list[int] = []
        here: int | None = start
        while here is not None and here not in safe:
            if len(path) > len(model.nodes):
                raise InvalidModel(reason=f"Node {here} is its own ancestor")
            path.append(here)
            here = parents.get(here)
        safe.update(path)
    for i, scene in enumerate(model.scenes):
        roots = scene.get("nodes", [])
        if len(set(roots)) < len(roots) or not parents.keys().isdisjoint(roots):
            raise InvalidModel(reason=f"Scene {i} lists a node twice, or one that has a parent")


def _check_references(model: Model) -> None:
    for i, node in enumerate(model.nodes):
        _check_index(f"Node {i}", "mesh", node.mesh, len(model.meshes))
        _check_index(f"Node {i}", "skin", node.skin, len(model.skins))
        _check_index(f"Node {i}", "camera", node.camera, len(model.cameras))
    for i, texture in enumerate(model.textures):
        _check_index(f"Texture {i}", "image", texture.image, len(model.images))
        _check_index(f"Texture {i}", "sampler", texture.sampler, len(model.samplers))
    for i, material in enumerate(model.materials):
        for slot, info in texture_infos(material):
            _check_index(f"Material {i}", slot, info["index"], len(model.textures))
    for i, scene in enumerate(model.scenes):
        for node_index in scene.get("nodes", []):
            _check_index(f"Scene {i}", "node", node_index, len(model.nodes))
    _check_index("The file", "scene", model.scene, len(model.scenes))
    for i, animation in enumerate(model.animations):
        for channel in animation.channels:
            _check_index(f"Animation {i}", "sampler", channel["sampler"], len(animation.samplers))
            _check_index(f"Animation {i}", "node", channel["target"].get("node"), len(model.nodes))


def _check_skins(model: Model) -> None:
    for i, skin in enumerate(model.skins):
        if not skin.joints:
            raise InvalidModel(reason=f"Skin {i} has no joints")
        if len(set(skin.joints)) < len(skin.joints):
            raise InvalidModel(reason=f"Skin {i} names a joint twice")
        for joint in skin.joints:
            _check_index(f"Skin {i}", "joint", joint, len(model.nodes))
        _check_index(f"Skin {i}", "skeleton", skin.skeleton, len(model.nodes))
        matrices = skin.inverse_bind_matrices
        if matrices is None:
            continue
        if matrices.kind != "MAT4" or matrices.array.dtype.kind != "f":
            raise InvalidModel(reason=f"Skin {i} has bind matrices that are {matrices.kind}")
        if len(matrices) < len(skin.joints):
            raise InvalidModel(reason=f"Skin {i} lacks bind matrices")
        _check_finite(matrices, "the bind matrices", f"Skin {i}")


def _check_motion(model: Model) -> None:
    """Animations and instances: the numbers that move nodes."""
    for i, animation in enumerate(model.animations):
        for sampler in animation.samplers:
            _check_finite(sampler.times, "its times", f"Animation {i}")
            _check_finite(sampler.values, "its values", f"Animation {i}")
        for channel in animation.channels:
            _check_channel(animation, channel, model, f"Animation {i}")
    for i, node in enumerate(model.nodes):
        for name, values in node.instancing.items():
            if values.kind != INSTANCES.get(name, values.kind):
                raise InvalidModel(reason=f"Node {i} has instances with {name} as {values.kind}")
            _check_finite(values, name, f"Node {i}")
        counts = {len(values) for values in node.instancing.values()}
        if len(counts) > 1:
            raise InvalidModel(reason=f"Node {i} has instances of different counts")


def _check_channel(animation: Animation, channel: Json, model: Model, where: str) -> None:
    """So many values as times; with the tangents of a cubic spline, three times as many."""
    target, sampler = channel["target"], animation.samplers[channel["sampler"]]
    rows = len(sampler.times) * (3 if sampler.interpolation == "CUBICSPLINE" else 1)
    if target["path"] == "weights":
        mesh = None if target.get("node") is None else model.nodes[target["node"]].mesh
        primitives = () if mesh is None else model.meshes[mesh].primitives
        rows *= max((len(primitive.targets) for primitive in primitives), default=1)
    if target["path"] in MOVED and len(sampler.values) != rows:
        raise InvalidModel(
            reason=f"{where} has {len(sampler.values)} values for {target['path']}"
            f" where {rows} belong"
        )


def _check_index(where: str, kind: str, value: object, count: int) -> None:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < count:
        raise InvalidModel(reason=f"{where} names {kind} {value!r}, but there are only {count}")


def _check_kind(values: Values, name: str, where: str, *, target: bool) -> None:
    semantic = name.rpartition("_")[0] or name
    allowed = KINDS.get(semantic, (values.kind,))
    if target and semantic == "TANGENT":
        allowed = ("VEC3",)  # a difference has no handedness
    whole = semantic == "JOINTS"
    if values.kind not in allowed or (whole and values.array.dtype.kind != "u"):
        raise InvalidModel(
            reason=f"{where} has {name} as {values.kind} of {values.array.dtype.name}"
        )
    _check_finite(values, name, where)


def _check_finite(values: Values, name: str, where: str) -> None:
    # Written so that NaN, which compares with nothing, is refused too.
    if values.array.dtype.kind == "f" and not (np.abs(values.array) <= FARTHEST).all():
        raise InvalidModel(
            reason=f"{where} has values in {name} beyond {FARTHEST:g}, or that are not finite"
            " numbers"
        )


def _check_primitive(primitive: Primitive, where: str, model: Model) -> None:
    rows = primitive.vertices
    for attributes in (primitive.attributes, *primitive.targets):
        for name, values in attributes.items():
            _check_kind(values, name, where, target=attributes is not primitive.attributes)
            if len(values) != rows:
                raise InvalidModel(
                    reason=f"{where} has {rows} positions but {len(values)} of {name}"
                )
    for name in primitive.attributes:
        if name.startswith("JOINTS_") and name.replace("JOINTS", "WEIGHTS") not in (
            primitive.attributes
        ):
            raise InvalidModel(reason=f"{where} has {name} without their weights")
    if primitive.indices is not None and len(primitive.indices):
        highest = int(primitive.indices.max())
        if highest >= rows:
            raise InvalidModel(
                reason=f"{where} draws vertex {highest}, but the last one is {rows - 1}"
            )
    for material in primitive.materials:
        _check_index(where, "material", material, len(model.materials))
    for mapping in primitive.variant_mappings:
        for variant in mapping["variants"]:
            _check_index(where, "variant", variant, len(model.variants))
