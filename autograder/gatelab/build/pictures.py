"""Checks that a picture in a release is only a picture, without the texts, previews and appended data that its format allows.

What it shows is checked by a person: whoever accepts a release looks at its pictures.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from gatelab.limits import TYPED
from gatelab.text import brief

# Chunks of a PNG that belong to the picture: name → the largest size in bytes.
_PNG = {
    b"IHDR": 13, b"PLTE": 768, b"IDAT": 2**31 - 1, b"IEND": 0, b"tRNS": 256, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"bKGD": 6,
    b"pHYs": 9, b"sBIT": 4,
}  # fmt: skip
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a PNG's colour types
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
# Segments of a JPEG that belong to the picture: tables, frames, scans; and two short ones about its colours, without a preview.
_JPEG = {0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD}
_JPEG_SHORT = {0xE0: 16, 0xEE: 14}
_JPEG_NAMES = {
    0xE1: "Exif or XMP",
    0xE2: "a colour profile or more pictures",
    0xED: "words about it",
    0xFE: "a comment",
}
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SVG_ACTIVE = {"script", "foreignObject", "iframe", "embed", "object", "animate", "set", "handler"}


class NotOnlyAPicture(ValueError):
    """A file is not only a picture. The message says what else it contains, as a phrase that follows the file's name."""


def check(data: bytes, kind: str) -> None:
    """Raise NotOnlyAPicture unless these are the bytes of a picture and nothing else.

    kind: the ending of the file's name, one of KINDS.
    """
    try:
        KINDS[kind](data)
    except (struct.error, IndexError, zlib.error, ElementTree.ParseError) as error:
        raise NotOnlyAPicture(f"is damaged, or not a picture of its kind ({kind})") from error


def _png(data: bytes) -> None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise NotOnlyAPicture("is not a PNG, whatever its name says")
    packed, head, name = b"", b"", b""
    at = 8
    while name != b"IEND":
        size, name = struct.unpack_from(">I4s", data, at)
        content = data[at + 8 : at + 8 + size]
        (crc,) = struct.unpack_from(">I", data, at + 8 + size)
        if name not in _PNG or size > _PNG[name]:
            raise NotOnlyAPicture(f"holds more than the picture (chunk {name.decode('latin-1')})")
        if crc != zlib.crc32(name + content):
            raise NotOnlyAPicture("is damaged (a checksum in it is wrong)")
        head = content if name == b"IHDR" else head
        packed += content if name == b"IDAT" else b""
        at += 12 + size
    if at != len(data):
        raise NotOnlyAPicture("holds data after the picture")
    size = _png_size(head)
    unpacker = zlib.decompressobj()
    pixels = unpacker.decompress(packed, size + 1)
    if len(pixels) != size or not unpacker.eof or unpacker.unused_data:
        raise NotOnlyAPicture("holds other data than its pixels")


def _png_size(head: bytes) -> int:
    """The number of bytes of a PNG's pixels, including the filter byte of each row."""
    width, height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    if colours not in _CHANNELS:
        raise NotOnlyAPicture("is damaged (its colours are of no known kind)")
    bits = depth * _CHANNELS[colours]
    size = 0
    for x, y, right, down in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = (width - x + right - 1) // right, (height - y + down - 1) // down
        size += rows * (1 + (columns * bits + 7) // 8) if columns > 0 else 0
    return size


def _jpeg(data: bytes) -> None:
    if not data.startswith(b"\xff\xd8"):
        raise NotOnlyAPicture("is not a JPEG, whatever its name says")
    at = 2
    while data[at : at + 2] != b"\xff\xd9":
        mark, kind, size = struct.unpack_from(">BBH", data, at)
        if mark != 0xFF or (kind not in _JPEG and size != _JPEG_SHORT.get(kind)):
            raise NotOnlyAPicture(
                f"holds more than the picture ({_JPEG_NAMES.get(kind, f'segment {kind:#04x}')})"
            )
        at += 2 + size
        if kind == 0xDA:
            found = _NEXT_MARKER.search(data, at)
            at = found.start() if found else len(data)
    if at + 2 != len(data):
        raise NotOnlyAPicture("holds data after the picture")


def _svg(data: bytes) -> None:
    if b"<!ENTITY" in data:
        raise NotOnlyAPicture("defines entities, which can hide text")
    root = ElementTree.fromstring(data)
    if _local_name(root.tag) != "svg":
        raise NotOnlyAPicture("is not an SVG, whatever its name says")
    for what in _active(root):
        raise NotOnlyAPicture(f"holds {what}, which a picture does not need")


def _active(root: ElementTree.Element) -> Iterator[str]:
    """The parts of an SVG that run, or that are loaded from an address."""
    for element in root.iter():
        if _local_name(element.tag) in _SVG_ACTIVE:
            yield f"<{_local_name(element.tag)}>"
        for key, value in element.attrib.items():
            if _local_name(key).startswith("on"):
                yield f"{_local_name(key)}=…"
            if (
                _local_name(key) in ("href", "src")
                and not value.startswith("#")
                and _local_name(element.tag) != "a"
            ):
                yield f"a link to {brief(value, TYPED)}"


def _local_name(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def picture_kind(path: Path) -> str:
    """The picture format that a file's name claims, one of KINDS, ignoring case; "" if it claims none."""
    found = path.suffix.lower()
    return found if found in KINDS else ""


KINDS: dict[str, Callable[[bytes], None]] = {".png": _png, ".jpg": _jpeg, ".jpeg": _jpeg, ".svg": _svg}
