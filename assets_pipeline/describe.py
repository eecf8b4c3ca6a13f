"""What is in a model, counted: for `inspect` and for the proof."""

from typing import Any

from assets_pipeline.materials import image_slots
from assets_pipeline.model import Image, Json, Model
from assets_pipeline.transforms import bounds, shown_nodes

MIPMAPS = 4 / 3  # a full chain adds a third
BYTES_PER_TEXEL = 4  # what a browser uploads for any 8-bit picture
BYTES_PER_TEXEL_KTX2 = (
    1  # BC7 or ASTC 4×4, which loaders make of it; ETC1S without alpha takes half
)


def describe(model: Model, pictures: list[tuple[bytes, str]] | None = None) -> Json:
    """A JSON-able account. `pictures` are the encoded files, where the model has only pixels."""
    files = pictures or [(image.data, image.mime) for image in model.images]
    corners = bounds(model)
    extent = [0.0, 0.0, 0.0] if corners is None else (corners[1] - corners[0]).tolist()
    slots = image_slots(model)
    return {
        "format": model.format,
        "triangles": sum(p.triangles for p in model.primitives),
        "vertices": sum(p.vertices for p in model.primitives),
        "draw_calls": draw_calls(model),
        "nodes": len(model.nodes),
        "meshes": len(model.meshes),
        "materials": [m.get("name", "") for m in model.materials],
        "textures": [
            {
                "name": image.name or "",
                "slots": sorted(slots[i]),
                "media_type": files[i][1],
                "width": image.width,
                "height": image.height,
                "bytes": len(files[i][0]),
            }
            for i, image in enumerate(model.images)
        ],
        "texture_gpu_bytes": sum(map(gpu_bytes, model.images)),
        "attributes": sorted({name for p in model.primitives for name in p.attributes}),
        "morph_targets": sum(len(p.targets) for p in model.primitives),
        "variants": model.variants,
        "animations": [a.name or "" for a in model.animations],
        "skins": len(model.skins),
        "extensions": sorted(model.declared),
        "dimensions": [round(x, 5) for x in extent],  # width, height, depth in metres
        "unitless": model.unitless,
    }


def draw_calls(model: Model) -> int:
    """One per primitive of each shown node; instances of EXT_mesh_gpu_instancing share theirs."""
    meshes = (model.nodes[index].mesh for index in shown_nodes(model))
    return sum(len(model.meshes[mesh].primitives) for mesh in meshes if mesh is not None)


def gpu_bytes(image: Image) -> int:
    """What the picture takes in a GPU's memory with its mipmaps; all but KTX2 uncompressed."""
    each = BYTES_PER_TEXEL_KTX2 if image.mime == "image/ktx2" else BYTES_PER_TEXEL
    return round(image.width * image.height * each * MIPMAPS)


def keepsakes(model: Model) -> Json:
    """What an author puts into a model besides its shape, and would miss."""
    primitives = model.primitives
    named: list[Any] = [*model.nodes, *model.meshes, *model.animations, *model.skins]
    carriers: list[Any] = [model, *named, *primitives]
    return {
        "names": len([x for x in named if x.name]) + sum("name" in m for m in model.materials),
        "extras": sum(x.extras is not None for x in carriers)
        + sum("extras" in m for m in model.materials),
        "variants": model.variants,
        "variant_mappings": sum(len(p.variant_mappings) for p in primitives),
        "animations": len(model.animations),
        "skins": len(model.skins),
        "morph_targets": sum(len(p.targets) for p in primitives),
        "material_extensions": sorted(
            {name for m in model.materials for name in m.get("extensions", {})}
        ),
    }
