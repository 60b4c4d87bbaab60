"""Pieces of Markdown that survive whatever text stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def cell(value: object) -> str:
    """``value`` for one cell of a table: no bars, no line ends, no HTML."""
    return inline(value).replace("|", "\\|").replace("\r", "").replace("\n", "<br>")


def inline(value: object) -> str:
    """``value`` as it is read: what Markdown would take for markup is escaped."""
    text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for sign in ("\\", "`", "*", "_", "[", "]", "#", "~"):
        text = text.replace(sign, f"\\{sign}")
    return text


def code(value: object) -> str:
    """``value`` in the code font, in a table too."""
    text = " ".join(str(value).split()).replace("|", "\\|")
    if not text:
        return ""
    fence = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}"


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of cells that are Markdown already, with an empty line behind it."""
    lines = [f"| {' | '.join(titles)} |", f"|{' --- |' * len(titles)}"]
    return [*lines, *[f"| {' | '.join(row)} |" for row in rows], ""]


def section(title: str, lines: Sequence[str]) -> list[str]:
    """A heading and what stands below it; nothing where nothing does."""
    return [f"## {title}", "", *lines] if lines else []
