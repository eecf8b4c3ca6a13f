"""What a file is, told by its bytes and never by its name."""

import re
import struct

IMAGES = {
    "image/jpeg": "a JPEG picture",
    "image/png": "a PNG picture",
    "image/webp": "a WebP picture",
}

# (offset, magic, what it is). Order matters only where one magic begins another.
MAGICS = (
    (0, b"glTF", "glb"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"ply\n", "ply"),
    (0, b"ply\r", "ply"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "a WAV sound"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "a HEIC picture"),
    (4, b"ftyp", "an MP4 video"),
    (0, b"\xabKTX 20\xbb", "image/ktx2"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "a TIFF picture"),
    (0, b"MM\x00*", "a TIFF picture"),
    (0, b"%PDF", "a PDF document"),
    (0, b"Kaydara FBX Binary", "fbx"),
    (0, b"BLENDER", "blend"),
    (0, b"#VRML", "vrml"),
    (0, b"PXR-USDC", "usd"),
    (0, b"#usda", "usd"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"<!DOCTYPE html", "a web page"),
    (0, b"<html", "a web page"),
    (0, b"(\xb5/\xfd", "a zstd archive"),
)

OBJ_LINE = re.compile(rb"(?:^|[\r\n])[ \t]*(v|vt|vn|f|usemtl|mtllib|o|g)[ \t]+\S")
OBJ_VERTEX = re.compile(rb"(?:^|[\r\n])[ \t]*v([ \t]+[-+.\deE]+){3}")
MTL_LINE = re.compile(rb"(?:^|[\r\n])[ \t]*newmtl[ \t]+\S")
COLLADA = re.compile(rb"<(\w+:)?COLLADA\b")
HEAD_BYTES = 65_536


def sniff(head: bytes, size: int) -> str | None:
    """The kind of a file of `size` bytes that begins with `head`; None when nothing fits.

    Models: glb gltf zip ply stl obj usd fbx step dae. Known but unread: blend vrml. Pictures by
    media type. Everything else as words for a person.
    """
    if is_binary_stl(head, size):
        return "stl"  # before the magics: its first 80 bytes may say anything
    for offset, magic, kind in MAGICS:
        if head[offset : offset + len(magic)] == magic:
            return kind
    return sniff_text(head, size)


def sniff_text(head: bytes, size: int) -> str | None:
    """The same for formats that are text, where blanks and comments may come first."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"ISO-10303-21"):
        return "step"
    if text.startswith(b"<"):
        return "dae" if COLLADA.search(head) else "an XML document"
    if text.startswith(b"; FBX") or b"FBXHeaderExtension:" in head:
        return "fbx"
    if text.startswith(b"{"):
        return "gltf" if b'"asset"' in head or size > len(head) else "a JSON document"
    if text[:5].lower() == b"solid" and b"facet" in head.lower():
        return "stl"
    if MTL_LINE.search(head):
        return "mtl"
    if OBJ_VERTEX.search(head) or (size > len(head) and OBJ_LINE.search(head)):
        return "obj"
    return None


def is_binary_stl(head: bytes, size: int) -> bool:
    """80 bytes of anything, a count, and exactly 50 bytes per triangle."""
    return size >= 134 <= len(head) and size == 84 + 50 * struct.unpack_from("<I", head, 80)[0]


def describe(kind: str | None, size: int) -> str:
    """The kind as words that finish the sentence `shoe.glb is …`."""
    if size == 0:
        return "an empty file"
    if kind is None:
        return "of an unknown kind"
    return {
        **IMAGES,
        "image/avif": "an AVIF picture",
        "image/ktx2": "a KTX2 texture",
        "image/bmp": "a BMP picture",
        "mtl": "an OBJ material library without its model",
    }.get(kind, kind)
