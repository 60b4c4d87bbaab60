"""Rows with images: as many as there are marks, there, and readable."""

from __future__ import annotations

import base64
import json
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from engine.data.check import check
from engine.data.report import Report
from engine.spec.sections import Source
from tests.data.templates import tokenizer_of


def png() -> bytes:
    """A whole image of one dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pics").mkdir()
    (tmp_path / "pics" / "dot.png").write_bytes(png())
    (tmp_path / "pics" / "torn.png").write_bytes(b"<html>not found</html>")
    return tmp_path


def checked(folder: Path, *rows: Any, **options: Any) -> Report:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return check([Source(str(path))], stage="auto", **options)


def asked(*parts: Any) -> dict[str, Any]:
    content = parts[0] if len(parts) == 1 else list(parts)
    return {"messages": [{"role": "user", "content": content},
                         {"role": "assistant", "content": "A dot."}]}  # fmt: skip


TEXT = {"type": "text", "text": "What is it?"}
DATA = "data:image/png;base64," + base64.b64encode(png()).decode()


@pytest.mark.parametrize(
    "row",
    [
        {**asked("<image>What is it?"), "images": ["pics/dot.png"]},
        {**asked("<image>What is it?"), "images": "pics/dot.png"},
        {**asked({"type": "image"}, TEXT), "images": [{"path": "pics/dot.png"}]},
        asked({"type": "image", "image": "pics/dot.png"}, TEXT),
        asked({"type": "image_url", "image_url": {"url": DATA}}, TEXT),
        {"instruction": "<image>?", "output": "A dot.", "image": "pics/dot.png"},
        {"query": "<image><image>?", "response": "!", "images": ["pics/dot.png", "http://a/b"]},
        {"conversations": [{"from": "human", "value": "<image>?"}, {"from": "gpt", "value": "!"}],
         "images": ["pics/dot.png"]},
        {"query": "<image>?", "rejected": "a", "chosen": "b", "images": ["pics/dot.png"]},
        {"query": "?", "response": "!", "images": []},
    ],
)  # fmt: skip
def test_images_of_every_form_are_read(folder: Path, row: dict[str, Any]) -> None:
    report = checked(folder, row)
    assert report.ok and not report.findings


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"images": ["pics/none.png"]}, "image_missing", "/images/0"),
        ({"images": ["pics"]}, "image_missing", "/images/0"),
        ({"images": ["pics/torn.png"]}, "image_broken", "/images/0"),
        ({"images": ["data:image/png;base64,AAAA"]}, "image_broken", "/images/0"),
        ({"images": []}, "image_marks", "/images"),
        ({"images": ["pics/dot.png"] * 2}, "image_marks", "/images"),
        ({"images": 3}, "wrong_type", "/images"),
        ({"images": None, "videos": ["a.mp4"]}, "other_media", "/videos"),
        (asked({"type": "image", "image": "pics/none.png"}, TEXT), "image_missing",
         "/messages/0/content/0"),
        (asked({"type": "input_audio"}, TEXT), "not_text", "/messages/0/content/0/type"),
    ],
)  # fmt: skip
def test_a_fault_of_an_image_is_found_with_its_place(
    folder: Path, change: dict[str, Any], code: str, pointer: str
) -> None:
    row = {**asked("<image>What is it?"), "images": ["pics/dot.png"]}
    changed = change if "messages" in change else {**row, **change}
    report = checked(folder, row, changed)
    (finding,) = report.findings
    assert (finding.code, finding.line, finding.pointer) == (code, 2, pointer)
    assert report.dropped == 1 and finding.message and finding.fix


def test_headers_are_told_by_their_first_bytes_without_pillow(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    row = {**asked("<image>What is it?"), "images": ["pics/dot.png"]}
    report = checked(folder, row, {**row, "images": ["pics/torn.png"]})
    assert [(each.code, each.line) for each in report.findings] == [("image_broken", 2)]


def test_rows_that_ask_the_same_of_other_images_are_no_duplicates(folder: Path) -> None:
    (folder / "pics" / "dot2.png").write_bytes(png())
    row = {**asked("<image>What is it?"), "images": ["pics/dot.png"]}
    report = checked(folder, row, {**row, "images": ["pics/dot2.png"]}, row, content=False)
    assert [(each.code, each.line) for each in report.findings] == [("duplicate", 3)]


def test_a_mark_without_an_image_is_a_warning(folder: Path) -> None:
    report = checked(folder, asked("How do I write <image> in HTML?"))
    assert report.ok and [each.code for each in report.findings] == ["image_mark_alone"]


def test_a_model_of_text_leaves_rows_with_images_out_and_says_so(folder: Path) -> None:
    row = {**asked("<image>What is it?"), "images": ["pics/dot.png"]}
    report = checked(folder, row, asked("And?"), tokenizer=tokenizer_of("QWEN25"))
    assert report.dropped_by == {"image_not_trained": 1}
