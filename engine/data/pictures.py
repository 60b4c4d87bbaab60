"""The images of a row: as many as its text has marks, there, and readable as images."""

from __future__ import annotations

import base64
import binascii
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.columns import Layout
from engine.data.conversation import Conversation
from engine.data.finding import Finding, found
from engine.data.labelled import Labelled
from engine.data.preference import Preference
from engine.data.prompt import Prompt
from engine.data.row import Row
from engine.data.spoken import IMAGE
from engine.data.told import Told

if TYPE_CHECKING:
    from engine.data.example import Example

OTHER_MEDIA = ("videos", "audios", "video", "audio")
_LINKS = ("http://", "https://")
_TURNS = ("messages", "conversations", "completion", "chosen", "rejected")
_BEGINNINGS = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*",
)  # fmt: skip
_HEAD = 1 << 16  # bytes in which the header of an image lies


def pictured(
    row: Row, layout: Layout, value: Mapping[str, Any], example: Example
) -> Example | list[Finding]:
    """``example`` with its images, or what is wrong with them."""
    other = next((name for name in OTHER_MEDIA if value.get(name)), None)
    if other is not None:
        own = layout.names[other]
        return [found("other_media", row.file, row.line, "/" + own, field=own)]
    named = list(_named(value, layout))
    if not named and "images" not in layout.names:
        return example
    images, marks = tuple(place for _, place in named), _marks(example)
    if marks != len(images):
        return [_miscounted(row, layout, marks, len(images))]
    for pointer, place in named:
        code = _fault(place, row.file)
        if code:
            shown = place if isinstance(place, str) else "bytes"
            return [found(code, row.file, row.line, pointer, path=shown[:120])]
    return _with(example, images) if images else example


def _with(example: Example, images: tuple[Any, ...]) -> Example:
    if isinstance(example, Conversation):
        return replace(example, images=images)
    if isinstance(example, Preference):
        chosen, rejected = replace(example.chosen, images=images), example.rejected
        return replace(example, chosen=chosen, rejected=replace(rejected, images=images))
    if isinstance(example, Labelled | Prompt):
        return replace(example, conversation=replace(example.conversation, images=images))
    return example


def _marks(example: Example) -> int:
    if not isinstance(example, Conversation | Told):
        return 0
    return sum(text.count(IMAGE) for _, text in example.said())


def _miscounted(row: Row, layout: Layout, marks: int, images: int) -> Finding:
    pointer = "/" + layout.names["images"] if "images" in layout.names else ""
    return found("image_marks", row.file, row.line, pointer, marks=marks, images=images)


def _named(value: Mapping[str, Any], layout: Layout) -> Iterator[tuple[str, Any]]:
    """Each image of the row, behind its place in it: those of content parts, then the column's."""
    for name in _TURNS:
        base = "/" + layout.names.get(name, name)
        entries = value.get(name)
        for index, entry in enumerate(entries if isinstance(entries, list) else [entries]):
            where = f"{base}/{index}" if isinstance(entries, list) else base
            parts = entry.get("content") if isinstance(entry, dict) else None
            for number, part in enumerate(parts if isinstance(parts, list) else []):
                place = _of_part(part)
                if place is not None:
                    yield f"{where}/content/{number}", place
    column, base = value.get("images"), "/" + layout.names.get("images", "images")
    if isinstance(column, list):
        yield from ((f"{base}/{index}", place) for index, place in enumerate(column))
    elif column:
        yield base, column


def _of_part(part: Any) -> Any:
    """Where the image of a content part is; None for text, and for a bare mark."""
    if not isinstance(part, dict) or part.get("type") not in ("image", "image_url"):
        return None
    place = next((part[k] for k in ("image_url", "image", "url", "path") if part.get(k)), None)
    return place.get("url", place) if isinstance(place, dict) else place


def _fault(place: Any, file: str) -> str | None:
    """The code of what is wrong with an image; None for a good one. What a link leads to is not
    looked at."""
    if isinstance(place, dict):
        raw = place.get("bytes")
        place = raw if isinstance(raw, bytes) else place.get("path")
    if isinstance(place, bytes):
        return None if _is_image(place) else "image_broken"
    if not isinstance(place, str) or not place.strip():
        return "image_missing"
    if place.startswith(_LINKS):
        return None
    if place.startswith("data:"):
        return None if _is_image(_decoded(place)) else "image_broken"
    return _file_fault(place.removeprefix("file://"), os.path.dirname(file))


def _decoded(place: str) -> bytes:
    """The bytes of a data: address; none where they are not written as they must be."""
    try:
        return base64.b64decode(place.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        return b""


@lru_cache(maxsize=1 << 16)
def _file_fault(place: str, folder: str) -> str | None:
    """As :func:`_fault`, of a path: from the folder of the data file, else from the current one."""
    for path in (Path(folder) / place, Path(place)):
        try:
            with open(path, "rb") as file:
                return None if _is_image(file.read(_HEAD), path) else "image_broken"
        except (OSError, ValueError):  # nothing there, a folder, no permission, a NUL in the name
            continue
    return "image_missing"


def _is_image(head: bytes, path: Path | None = None) -> bool:
    """Whether a header can be read: by Pillow where it is installed, else by how it begins."""
    try:
        from PIL import Image  # pyright: ignore[reportMissingImports]
    except ImportError:
        return _begins_as_image(head)
    try:
        with Image.open(path or io.BytesIO(head)) as image:
            return min(image.size) > 0
    except Exception:  # Pillow's readers raise whatever broken bytes lead them to
        return _begins_as_image(head) and not _is_common(head)


def _begins_as_image(head: bytes) -> bool:
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    heif = head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"avif")
    return len(head) > 24 and (head.startswith(_BEGINNINGS) or webp or heif)


def _is_common(head: bytes) -> bool:
    """Whether Pillow reads such images always, so that one it cannot read is broken."""
    return head[4:8] != b"ftyp"
