"""Stop texts in a stream: found across pieces, nothing of them said."""

from __future__ import annotations

import pytest

from engine.serve.stop_strings import StopStrings


def said(stops: list[str], *pieces: str) -> tuple[list[str], bool]:
    cut = StopStrings(stops)
    heard = [cut.add(piece) for piece in pieces]
    return [*heard, cut.rest()], cut.found


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_a_stop_is_found_however_the_text_is_cut(size: int) -> None:
    text = "one END two"
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    heard, found = said(["END"], *pieces)
    assert "".join(heard) == "one " and found


def test_what_only_begins_like_a_stop_is_said_later() -> None:
    heard, found = said(["ENDE"], "a EN", "D ", "E", "N")
    assert heard == ["a ", "END ", "", "", "EN"] and not found


def test_the_first_of_several_stops_counts() -> None:
    heard, found = said(["three", "two"], "one two three")
    assert "".join(heard) == "one " and found


def test_without_stops_all_is_said_at_once() -> None:
    assert said([], "a", "b") == (["a", "b", ""], False)
