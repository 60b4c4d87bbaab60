"""The program's own source, as trees, for the tests that hold its rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Module:
    """One source file: its import name and its tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def docstring(self) -> str:
        return ast.get_docstring(self.tree) or ""

    def where(self, node: ast.AST) -> str:
        """``tui/app.py:12``, as an editor opens it."""
        return f"{self.path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"

    def imports(self, *, everywhere: bool) -> Iterator[tuple[str, ast.stmt]]:
        """What is imported when the module is, or ``everywhere`` in it; what stands below
        ``if TYPE_CHECKING`` is not."""
        yield from _imports(self.tree, everywhere)


@cache
def modules(package: str) -> tuple[Module, ...]:
    """Every module of ``package``."""
    found = []
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, path, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


def _imports(node: ast.AST, everywhere: bool) -> Iterator[tuple[str, ast.stmt]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, child) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            yield child.module, child
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        elif everywhere or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _imports(child, everywhere)


def docstrings(tree: ast.AST) -> set[int]:
    """The ids of the nodes that are docstrings, of attributes too: strings that stand alone."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def name_of(call: ast.Call) -> str:
    """``print`` for ``print(…)``, ``t`` for ``words.t(…)``."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Every call of a function or method of one of ``names``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node) in names:
            yield node


def texts(node: ast.AST | None) -> list[str]:
    """The texts an argument may be: one, either branch of a choice, or none that is plain."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return texts(node.body) + texts(node.orelse)
    return []
