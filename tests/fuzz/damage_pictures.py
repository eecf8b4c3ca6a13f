"""Pictures that lie about their size, grow without end, or are of rare kinds."""

import io
import struct
import zlib
from random import Random

import numpy as np
from PIL import Image

from tests.assets_pipeline.examples import picture
from tests.fuzz.damage_bytes import BYTES

SIDES = (0, 1, 8192, 8193, 40_000, 0x7FFFFFFF, 0xFFFFFFFF)


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks, each with its right checksum."""
    parts = [b"\x89PNG\r\n\x1a\n"]
    for kind, content in (*chunks, (b"IEND", b"")):
        checksum = zlib.crc32(kind + content)
        parts.append(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum))
    return b"".join(parts)


def head(width: int, height: int, bits: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    return struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlace)


def enormous_side(random: Random) -> bytes:
    sides = random.choice(SIDES), random.choice(SIDES)
    return png((b"IHDR", head(*sides)), (b"IDAT", zlib.compress(bytes(100))))


def bomb(random: Random) -> bytes:
    """As large as is allowed, in some kilobytes."""
    side = random.choice((2048, 4096))
    rows = zlib.compress(bytes((side * 3 + 1) * side), 9)
    return png((b"IHDR", head(side, side)), (b"IDAT", rows))


def bomb_beside_the_pixels(random: Random) -> bytes:
    """A profile or a text that unpacks to 200 MB."""
    packed = zlib.compress(bytes(200_000_000), 1)
    kind = random.choice((b"iCCP", b"zTXt", b"iTXt"))
    content = b"x\0\0" + packed if kind != b"iTXt" else b"x\0\1\0\0\0" + packed
    return png((b"IHDR", head(1, 1)), (kind, content), (b"IDAT", zlib.compress(b"\0\1\2\3")))


def odd_depth(random: Random) -> bytes:
    """Every depth and kind of colour, allowed or not, with or without a palette, interlaced."""
    depth, colour = random.choice((1, 2, 4, 8, 16, 3)), random.choice((0, 2, 3, 4, 6, 5))
    chunks = [(b"IHDR", head(5, 5, depth, colour, random.choice((0, 1, 2))))]
    if random.random() < 0.6:
        chunks.append((b"PLTE", random.randbytes(random.choice((3, 48, 768, 770)))))
    if random.random() < 0.3:
        chunks.append((b"tRNS", random.randbytes(random.choice((1, 2, 6, 300)))))
    chunks.append((b"IDAT", zlib.compress(random.randbytes(random.choice((10, 400))))))
    return png(*chunks)


def many_frames(random: Random) -> bytes:
    frames = [Image.new("RGB", (8, 8), (i, 0, 0)) for i in range(20)]
    stream = io.BytesIO()
    form = random.choice(("PNG", "WEBP", "GIF"))
    frames[0].save(stream, form, save_all=True, append_images=frames[1:])
    return stream.getvalue()


def rare_kind(random: Random) -> bytes:
    mode, form = random.choice(
        (("1", "PNG"), ("P", "PNG"), ("LA", "PNG"), ("I;16", "PNG"), ("CMYK", "JPEG"),
         ("L", "JPEG"), ("RGBA", "WEBP"), ("RGB", "BMP"), ("P", "BMP"), ("RGBA", "TGA"),
         ("L", "TGA"), ("RGB", "TIFF"), ("RGB", "ICO"), ("P", "GIF"), ("RGB", "PPM"),
         ("RGB", "AVIF"), ("RGBA", "AVIF"), ("RGB", "JPEG2000"))
    )  # fmt: skip
    stream = io.BytesIO()
    pixels = np.full((16, 16), 200, np.uint8)
    Image.fromarray(pixels).convert(mode).save(stream, form)
    return stream.getvalue()


def damaged_picture(random: Random) -> bytes:
    form = random.choice(("PNG", "JPEG", "WEBP", "AVIF", "BMP", "TGA"))
    return random.choice(BYTES)(random, picture((32, 32), form))


def no_picture(random: Random) -> bytes:
    return random.choice(
        (b"", b"\0", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n",
         b"\xabKTX 20\xbb\r\n\x1a\n" + bytes(68), b"RIFF\xff\xff\xff\xffWEBPVP8 ",
         b"DDS " + bytes(124), b"%PDF-1.4", b"\xff\xd8\xff")
    )  # fmt: skip


def gpu_picture(random: Random) -> bytes:
    """A KTX2 head, 80 bytes of numbers, and what they point at."""
    numbers = [random.choice((0, 1, 2, 6, 16, 8192, 0x7FFFFFFF, 0xFFFFFFFF)) for _ in range(17)]
    numbers[0] = random.choice((0, 37, 43, 145, 0xFFFFFFFF))
    return b"\xabKTX 20\xbb\r\n\x1a\n" + struct.pack("<17I", *numbers) + random.randbytes(300)


PICTURES = (enormous_side, bomb, bomb_beside_the_pixels, odd_depth, many_frames, rare_kind,
            damaged_picture, damaged_picture, no_picture, gpu_picture)  # fmt: skip


def other_picture(random: Random, _: bytes) -> bytes:
    return random.choice(PICTURES)(random)
