"""No words are kept that nothing asks for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import NamedTuple

from tests.source import docstrings, texts
from tests.test_words import FOLDER, catalogue, everything

OF_AN_AREA = re.compile(r"[a-z]+(_|\\\.)")  # f"runs.{kind}", f"param_{section}.{name}.label"
OF_A_KEY = re.compile(r"\(\.\+\?\)\\\.\w+")  # f"{description}.label"


class InCode(NamedTuple):
    """What keys may be made of: the texts and field names that stand in the code, and what its
    f-strings may become, each value a group."""

    said: frozenset[str]
    made: tuple[re.Pattern[str], ...]


def test_every_key_with_words_is_asked_for() -> None:
    """A key that is put together counts as asked for when all its parts stand in the code, in
    whatever place: this finds most of the dead ones, not all. The words of errors have tests of
    their own."""
    code = in_code()
    keys = [key for key in catalogue() if not key.startswith("error_")]
    assert [key for key in keys if not asked_for(key, code)] == []
    assert not asked_for("runs.nobody", code) and not asked_for("keys.nobody.label", code)


def in_code() -> InCode:
    said: set[str] = set()
    made: set[str] = set()
    for module in everything():
        unread = docstrings(module.tree)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and id(node) not in unread:
                said.update(texts(node))
            elif isinstance(node, ast.JoinedStr):
                made.add("".join(map(_part, node.values)))
            elif isinstance(node, ast.AnnAssign):
                said.add(ast.unparse(node.target))
            elif isinstance(node, ast.keyword) and node.arg:
                said.add(node.arg)
    for schema in (FOLDER.parent / "schemas" / "data").glob("*.json"):
        said.update(re.findall(r"\w+", schema.read_text(encoding="utf-8")))
    return InCode(frozenset(said), tuple(map(re.compile, made)))


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return re.escape(str(part.value))
    choices = texts(part.value) if isinstance(part, ast.FormattedValue) else []
    return f"(?:{'|'.join(map(re.escape, choices))})" if choices else "(.+?)"


def asked_for(key: str, code: InCode) -> bool:
    """Whether the code says ``key``, says it in two texts (``key + "_all"``), or can make it."""
    head, mark, tail = key.rpartition("_")
    if key in code.said or (head in code.said and mark + tail in code.said):
        return True
    for groups in _matches(key, OF_AN_AREA, code.made):
        if all(_known(part, code) for group in groups for part in group.split(".")):
            return True
    return any(groups[0] in code.said for groups in _matches(key, OF_A_KEY, code.made))


def _known(part: str, code: InCode) -> bool:
    """Whether the code says ``part`` or can make it, as ``unreachable_{hub}``."""
    return (
        part in code.said
        or part.isdigit()
        or any(
            code.said.issuperset(groups) for groups in _matches(part, re.compile(r"\w+"), code.made)
        )
    )


def _matches(
    text: str, kind: re.Pattern[str], made: Iterable[re.Pattern[str]]
) -> Iterable[tuple[str, ...]]:
    for it in made:
        if kind.match(it.pattern) and (found := it.fullmatch(text)):
            yield found.groups()
