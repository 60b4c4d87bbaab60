"""A Chinese sign as wide as two letters brings its own space: no other stands beside it."""

from __future__ import annotations

import re

import pytest

from engine import words
from tests.source import ROOT
from tests.test_words import catalogue

_SIGNS = re.escape(words.WIDE_SIGNS)
_GAP = re.compile(f"[{_SIGNS}] (?=\\S)|(?<=\\S) [{_SIGNS}]")


@pytest.fixture(autouse=True)
def chinese() -> None:
    words.use_language("zh")


def test_no_text_of_the_catalogue_has_a_space_beside_one() -> None:
    assert [key for key, text in catalogue("zh").items() if _GAP.search(text)] == []


def test_a_value_that_ends_or_begins_with_one_leaves_no_gap() -> None:
    assert words.t("error_jobs.does_not_end.why", pid="（1 （2） x）") == (
        "进程（1 （2） x）仍占用着它。"
    ), "only the text gives way, never the value"
    assert words.t("error_average.no_room.why", folder="/卷（一）").startswith("/卷（一）所在")
    assert words.t("error_jobs.does_not_end.why", pid=7) == "进程 7 仍占用着它。"
    words.use_language("en")
    assert words.t("error_jobs.does_not_end.why", pid="（1）") == "Process （1） still holds it."


def test_sentences_follow_one_another_without_one() -> None:
    assert words.sentences("好。", "再来！", "a", "（b）", "c.") == "好。再来！a（b）c."
    assert words.sentences("One.", "", "Two.") == "One. Two."
    assert words.sentences() == "" and words.sentences("") == ""


def test_no_screen_shows_one() -> None:
    """Separators, counts and what frames a screen stand apart from what they part."""
    shown = [
        f"{path.name}:{number}"
        for path in sorted((ROOT / "snapshots").glob("*zh*.txt"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(f"[{_SIGNS}] (?=[^\\W\\d]|[({{])|(?<=[\\w)}}]) [{_SIGNS}]", line)
    ]
    assert shown == []
