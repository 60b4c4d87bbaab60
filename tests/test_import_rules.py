"""Who may import whom: the engine no screen, screens no torch, the first paint nothing heavy."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.source import ROOT, Module, modules

HEAVY = ("torch", "transformers", "datasets", "peft", "trl", "modelscope")
LATE = (*HEAVY, "numpy")  # what the first paint does without
SAYS_SO = re.compile(r"\bimports? [^.]*?\b(" + "|".join(HEAVY) + r")", re.IGNORECASE)


def imported(module: Module, names: tuple[str, ...], *, everywhere: bool) -> list[str]:
    return [
        f"{module.where(node)} imports {name}"
        for name, node in module.imports(everywhere=everywhere)
        if name.partition(".")[0] in names
    ]


def loaded_by(program: str) -> set[str]:
    """Which of LATE a new process has loaded after ``program``."""
    code = f"{program}\nimport sys\nprint([name for name in {LATE!r} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    return set(re.findall(r"'(\w+)'", run.stdout.splitlines()[-1]))


def test_the_engine_knows_no_screen() -> None:
    found = [
        line
        for module in modules("engine")
        for line in imported(module, ("tui", "textual", "rich"), everywhere=True)
    ]
    assert found == []


def test_screens_leave_the_heavy_libraries_to_the_engine() -> None:
    found = [line for m in modules("tui") for line in imported(m, HEAVY, everywhere=True)]
    assert found == []


def test_a_module_that_loads_a_heavy_library_says_so() -> None:
    silent = [
        line
        for module in modules("engine")
        for line in imported(module, HEAVY, everywhere=False)
        if not SAYS_SO.search(module.docstring)
    ]
    assert silent == []


def test_no_other_module_loads_one_even_by_way_of_others() -> None:
    light = [
        module.name
        for package in ("engine", "tui")
        for module in modules(package)
        if not imported(module, LATE, everywhere=False) and not says_it_is_late(module)
    ]
    program = f"""
import importlib, sys
for name in {light}:
    importlib.import_module(name)
    loaded = [heavy for heavy in {LATE} if heavy in sys.modules]
    assert not loaded, f"{{name}} loads {{loaded}}"
"""
    assert loaded_by(program) == set()


def says_it_is_late(module: Module) -> bool:
    """Whether the module tells that it loads a large library itself, not only inside functions."""
    return bool(re.search(r"\bImports (?![^.:]*\b(inside|when)\b)[\w, ]+[.:]", module.docstring))


def test_the_first_screen_is_painted_without_them() -> None:
    program = """
import asyncio
from tui.app import DanluApp

async def paint():
    app = DanluApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert app.screen.size == (80, 24)

asyncio.run(paint())
"""
    assert loaded_by(program) == set()


def test_the_command_line_answers_without_them() -> None:
    program = "import tui.main\nassert tui.main.main(['runs', '--json']) == 0"
    assert loaded_by(program) == set()
