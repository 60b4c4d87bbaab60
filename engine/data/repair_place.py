"""Repaired rows in a file elsewhere: what the run takes it for, and where its images are then."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.data.parts import parts_of
from engine.data.reference import parsed
from engine.errors import DanluError
from engine.spec.sections import Source

_IMAGES = ("images", "image", "image_url")


def can_repair(source: Source) -> bool:
    """Whether all rows of ``source`` go by one set of columns, so that one file can hold them."""
    try:
        return len(parts_of(source)[1]) == 1
    except DanluError:
        return False


def repaired_source(source: Source, out: Path) -> Source:
    """What stands for ``source`` once its rows are in ``out``: as many of them, read alike."""
    whole, (part, *_) = parts_of(source)
    return Source(
        str(out),
        sample=whole.sample,
        share=whole.share,
        repeat=whole.repeat,
        format=part.format,
        columns=part.columns,
        tags=part.tags,
    )


def place_for(source: Source, folder: Path) -> Path:
    """What a file of the repaired rows may be called: beside the original, for a hub's data set in
    ``folder``."""
    target, named = parsed(parts_of(source)[1][0])
    if target.path is not None:
        return target.path
    parts = ((target.repo or "").rpartition("/")[2], named.subset or "")
    return folder / ("-".join(part.replace("/", "-") for part in parts if part) + ".jsonl")


def plain_source(source: Source) -> Source:
    """What is repaired of a source that :func:`can_repair`: all of its rows, each once."""
    return replace(parts_of(source)[1][0], sample=None, share=None, repeat=1)


def with_images(value: dict[str, Any], folder: Path, columns: Mapping[str, str]) -> dict[str, Any]:
    """The row with its images where they are seen from another folder: paths below ``folder`` in
    full, bytes as addresses that hold them."""
    return {
        name: _moved(part, folder, str(columns.get(name, name)).lower() in _IMAGES)
        for name, part in value.items()
    }


def _moved(value: Any, folder: Path, image: bool) -> Any:
    if isinstance(value, list):
        return [_moved(each, folder, image) for each in value]
    if isinstance(value, bytes):
        return f"data:;base64,{base64.b64encode(value).decode()}"
    if isinstance(value, dict):
        if image and isinstance(value.get("bytes"), bytes):
            return _moved(value["bytes"], folder, image)
        shown = value.get("type") in _IMAGES
        return {
            key: _moved(each, folder, image or (shown and key != "type") or key in _IMAGES)
            for key, each in value.items()
        }
    if image and isinstance(value, str):
        return _whole(value, folder)
    return value


def _whole(place: str, folder: Path) -> str:
    try:
        path = folder / place
        return str(path.resolve()) if place and path.is_file() else place
    except (OSError, ValueError):  # an address, too long for a path
        return place
