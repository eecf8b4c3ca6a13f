"""Write parts and their materials as one GLB file, the same bytes every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pygltflib as gl
from PIL import Image

from scenes.demo.modelling.materials import Material
from scenes.demo.modelling.mesh import Mesh, merge
from scenes.demo.modelling.textures import Pixels, Surface, rgb

JPEG_QUALITY = 85
FLOAT, UNSIGNED_BYTE, UNSIGNED_SHORT, UNSIGNED_INT = 5126, 5121, 5123, 5125


@dataclass(frozen=True, eq=False)
class Part:
    """One mesh of one material; `variants` names the material it wears in each colour."""

    name: str
    mesh: Mesh
    material: Material
    variants: Mapping[str, Material] = field(default_factory=dict)


class _Writer:
    def __init__(self) -> None:
        self.out = gl.GLTF2(asset=gl.Asset(version="2.0", generator="Vitrine demo models"))
        self.blob = bytearray()
        self.pictures: dict[int, int] = {}
        self.materials: dict[int, int] = {}
        self.keep: list[object] = []  # ids above stay valid only while their objects live
        self.variants: list[str] = []
        self.used: set[str] = set()

    def view(self, data: bytes, target: int | None = None, stride: int | None = None) -> int:
        self.blob.extend(b"\0" * (-len(self.blob) % 4))
        self.out.bufferViews.append(
            gl.BufferView(
                buffer=0,
                byteOffset=len(self.blob),
                byteLength=len(data),
                target=target,
                byteStride=stride,
            )
        )
        self.blob.extend(data)
        return len(self.out.bufferViews) - 1

    def accessor(self, values: np.ndarray, kind: str, component: int, **more: Any) -> int:
        target = gl.ELEMENT_ARRAY_BUFFER if kind == "SCALAR" else gl.ARRAY_BUFFER
        self.out.accessors.append(
            gl.Accessor(
                bufferView=self.view(values.tobytes(), target),
                componentType=component,
                count=len(values),
                type=kind,
                **more,
            )
        )
        return len(self.out.accessors) - 1

    def primitive(self, mesh: Mesh, textured: bool) -> gl.Primitive:
        positions = mesh.positions.astype("<f4")
        box = {"min": positions.min(axis=0).tolist(), "max": positions.max(axis=0).tolist()}
        normals = mesh.normals.astype("<f4")
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        attributes = gl.Attributes(
            POSITION=self.accessor(positions, "VEC3", FLOAT, **box),
            NORMAL=self.accessor(normals, "VEC3", FLOAT),
        )
        if textured:
            attributes.TEXCOORD_0 = self.accessor(mesh.uvs.astype("<f4"), "VEC2", FLOAT)
        if mesh.light.min() < 0.999:
            light = np.ones((len(mesh.light), 4))
            light[:, :3] = mesh.light
            attributes.COLOR_0 = self.accessor(
                np.round(light * 255).clip(0, 255).astype("u1"),
                "VEC4",
                UNSIGNED_BYTE,
                normalized=True,
            )
        small = len(positions) < 65535
        flat = mesh.indices.reshape(-1).astype("<u2" if small else "<u4")
        indices = self.accessor(flat, "SCALAR", UNSIGNED_SHORT if small else UNSIGNED_INT)
        return gl.Primitive(attributes=attributes, indices=indices)

    def texture(self, pixels: Pixels, name: str, quality: int = JPEG_QUALITY) -> int:
        if id(pixels) not in self.pictures:
            self.keep.append(pixels)
            data, media_type = _encode(pixels, quality)
            self.out.images.append(
                gl.Image(bufferView=self.view(data), mimeType=media_type, name=name)
            )
            self.out.textures.append(
                gl.Texture(sampler=0, source=len(self.out.images) - 1, name=name)
            )
            self.out.samplers = [gl.Sampler(magFilter=9729, minFilter=9987)]
            self.pictures[id(pixels)] = len(self.out.textures) - 1
        return self.pictures[id(pixels)]

    def material(self, material: Material) -> int:
        if id(material) not in self.materials:
            self.keep.append(material)
            self.out.materials.append(self._describe(material))
            self.materials[id(material)] = len(self.out.materials) - 1
        return self.materials[id(material)]

    def _describe(self, m: Material) -> gl.Material:
        pbr = gl.PbrMetallicRoughness(
            baseColorFactor=[*_linear(m.tint), m.opacity],
            metallicFactor=m.metallic,
            roughnessFactor=m.roughness,
        )
        out = gl.Material(
            name=m.name, pbrMetallicRoughness=pbr, doubleSided=m.two_sided or None, alphaCutoff=None
        )
        out.alphaMode = "BLEND" if m.blend else None
        if m.picture is not None:
            pbr.baseColorTexture = gl.TextureInfo(index=self.texture(m.picture, m.name))
        if m.surface is not None:
            self._surface(m, m.surface, pbr, out)
        self._glow(m, out)
        self._extend(m, out)
        return out

    def _surface(
        self, m: Material, s: Surface, pbr: gl.PbrMetallicRoughness, out: gl.Material
    ) -> None:
        maps = _maps(s)
        if not m.plain and m.picture is None:
            pbr.baseColorTexture = gl.TextureInfo(index=self.texture(maps[0], f"{s.name}-color"))
        if not m.flat:
            out.normalTexture = gl.NormalMaterialTexture(
                index=self.texture(maps[1], f"{s.name}-normal"), scale=m.bump
            )
        if not m.matt:
            orm = self.texture(maps[2], f"{s.name}-orm", 80)
            pbr.metallicRoughnessTexture = gl.TextureInfo(index=orm)
            out.occlusionTexture = gl.OcclusionTextureInfo(index=orm)

    def _glow(self, m: Material, out: gl.Material) -> None:
        if m.glow is None:
            return
        out.emissiveFactor = _linear(m.glow)
        if m.glow_picture is not None:
            out.emissiveTexture = gl.TextureInfo(
                index=self.texture(m.glow_picture, f"{m.name}-glow")
            )
        if m.glow_strength != 1:
            self._extension(out, "emissive_strength", {"emissiveStrength": m.glow_strength})

    def _extend(self, m: Material, out: gl.Material) -> None:
        if m.clearcoat:
            rough = m.clearcoat_roughness
            facts = {"clearcoatFactor": m.clearcoat, "clearcoatRoughnessFactor": rough}
            self._extension(out, "clearcoat", facts)
        if m.sheen is not None:
            sheen: dict[str, Any] = {"sheenColorFactor": _linear(m.sheen)}
            sheen["sheenRoughnessFactor"] = m.sheen_roughness
            self._extension(out, "sheen", sheen)

    def _extension(self, out: gl.Material, name: str, facts: dict[str, Any]) -> None:
        out.extensions = {**(out.extensions or {}), f"KHR_materials_{name}": facts}
        self.used.add(f"KHR_materials_{name}")

    def part(self, part: Part) -> int:
        materials = [part.material, *part.variants.values()]
        primitive = self.primitive(part.mesh, any(m.textured for m in materials))
        primitive.material = self.material(part.material)
        if part.variants:
            worn: dict[int, list[int]] = {}
            for name, material in part.variants.items():
                if name not in self.variants:
                    self.variants.append(name)
                worn.setdefault(self.material(material), []).append(self.variants.index(name))
            mappings = [{"material": m, "variants": v} for m, v in worn.items()]
            primitive.extensions = {"KHR_materials_variants": {"mappings": mappings}}
        self.out.meshes.append(gl.Mesh(primitives=[primitive], name=part.name))
        self.out.nodes.append(gl.Node(mesh=len(self.out.meshes) - 1, name=part.name))
        return len(self.out.nodes) - 1

    def finish(self, name: str, children: list[int]) -> bytes:
        self.out.nodes.append(gl.Node(name=name, children=children))
        self.out.scenes = [gl.Scene(nodes=[len(self.out.nodes) - 1], name=name)]
        self.out.scene = 0
        if self.variants:
            names = [{"name": variant} for variant in self.variants]
            self.out.extensions = {"KHR_materials_variants": {"variants": names}}
            self.used.add("KHR_materials_variants")
        self.out.extensionsUsed = sorted(self.used)
        self.blob.extend(b"\0" * (-len(self.blob) % 4))
        self.out.buffers = [gl.Buffer(byteLength=len(self.blob))]
        self.out.set_binary_blob(bytes(self.blob))
        return b"".join(self.out.save_to_bytes())


_MAPS: dict[int, tuple[Surface, tuple[Pixels, Pixels, Pixels]]] = {}


def _maps(surface: Surface) -> tuple[Pixels, Pixels, Pixels]:
    if id(surface) not in _MAPS:
        maps = (surface.color_pixels(), surface.normal_pixels(), surface.orm_pixels())
        _MAPS[id(surface)] = (surface, maps)
    return _MAPS[id(surface)][1]


def _linear(tint: str) -> list[float]:
    srgb = rgb(tint)
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return [round(float(c), 5) for c in linear]


def _encode(pixels: Pixels, quality: int) -> tuple[bytes, str]:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    buffer = BytesIO()
    if pixels.shape[-1] == 4:
        image.save(buffer, "PNG")
        return buffer.getvalue(), "image/png"
    if np.array_equal(pixels[..., 0], pixels[..., 1]) and np.array_equal(
        pixels[..., 0], pixels[..., 2]
    ):
        image = image.convert("L")
    image.save(buffer, "JPEG", quality=quality, subsampling=0 if quality > 80 else 2)
    return buffer.getvalue(), "image/jpeg"


def glb_bytes(name: str, parts: Sequence[Part]) -> bytes:
    """A GLB with one root node and a child per part."""
    writer = _Writer()
    children = [writer.part(part) for part in parts]
    return writer.finish(name, children)


def write_glb(folder: Path, name: str, parts: Sequence[Part]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.glb"
    path.write_bytes(glb_bytes(name, parts))
    return path


def bounds(parts: Sequence[Part]) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner over all parts, metres."""
    whole = merge(*(part.mesh for part in parts))
    return whole.positions.min(axis=0), whole.positions.max(axis=0)
