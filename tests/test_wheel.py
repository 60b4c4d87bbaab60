"""What is installed is whole: built, installed and used away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine import words
from tests.terminal.terminal import Terminal

pytestmark = pytest.mark.slow

_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Installed:
    """danlu below ``packages``, used from ``folder``, which is empty and must stay so."""

    packages: Path
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Puts ``packages`` before a danlu that this Python may have besides."""
        return {"PYTHONPATH": str(self.packages), "PYTHONDONTWRITEBYTECODE": "1"}

    @property
    def program(self) -> tuple[str, str]:
        return sys.executable, str(self.packages / "bin" / "danlu")

    def run(self, *arguments: str) -> str:
        return _output([*self.program, *arguments], self.folder, **self.environment)

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))


def _output(command: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True,
        timeout=600, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _wheel(source: Path, folder: Path) -> Path:
    """The wheel that pip builds of ``source``, a project folder or an sdist."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    _output([*pip, "--wheel-dir", str(folder), str(source)], folder.parent)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _install(wheel: Path, folder: Path) -> Installed:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    _output([*pip, "--target", str(folder / "packages"), str(wheel)], folder)
    (folder / "elsewhere").mkdir()
    return Installed(folder / "packages", folder / "elsewhere")


def _files(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` and what is in it."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in found
        if "__pycache__" not in path.parts
    }


def _shipped(project: Path) -> dict[str, bytes]:
    """What an installation of ``project`` must hold: two packages, and the templates in one."""
    places = {"engine": "engine", "tui": "tui", "templates": "engine/templates"}
    return {
        f"{place}/{name}": content
        for folder, place in places.items()
        for name, content in _files(project / folder).items()
    }


def _installed_packages(packages: Path) -> dict[str, bytes]:
    return {
        name: content
        for name, content in _files(packages).items()
        if name.startswith(("engine/", "tui/"))
    }


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a person has after ``git clone``: no file that git does not know."""
    folder = tmp_path_factory.mktemp("clone") / "danlu"
    _output(["git", "clone", "--quiet", "--depth=1", _ROOT.as_uri(), str(folder)], folder.parent)
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """This very checkout, installed."""
    folder = tmp_path_factory.mktemp("installed")
    return _install(_wheel(_ROOT, folder / "wheel"), folder)


@pytest.fixture
def untouched(installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The installation, used as one that owns neither itself nor the current folder."""
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    before = _files(installed.packages)
    yield installed
    assert _files(installed.packages) == before
    assert list(installed.folder.iterdir()) == []


def test_every_file_of_the_packages_and_templates_is_installed(installed: Installed) -> None:
    # By name alone: a checkout that is worked in may change meanwhile.
    assert sorted(_installed_packages(installed.packages)) == sorted(_shipped(_ROOT))


def test_a_clone_and_its_sdist_install_the_same(clone: Path, tmp_path: Path) -> None:
    built = _output(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)], clone
    )
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        top = {name.split("/")[1] for name in archive.getnames()}
    assert {"engine", "tui", "templates", "README.md", "LICENSE"} <= top, built
    for source, name in ((clone, "of-clone"), (sdist, "of-sdist")):
        (tmp_path / name).mkdir()
        found = _install(_wheel(source, tmp_path / name / "wheel"), tmp_path / name)
        assert _installed_packages(found.packages) == _shipped(clone)
        assert found.json("recipes")


def test_the_installed_packages_are_the_ones_in_use(untouched: Installed) -> None:
    look = "import engine, tui; print(engine.__path__[0], tui.__path__[0])"
    found = _output([sys.executable, "-c", look], untouched.folder, **untouched.environment)
    assert found.split() == [str(untouched.packages / "engine"), str(untouched.packages / "tui")]


def test_the_version_is_that_of_the_project(untouched: Installed) -> None:
    project = (_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{untouched.run("--version").split()[1]}"' in project


def test_recipes_and_parameters_are_listed_in_both_languages(untouched: Installed) -> None:
    for language in ("en", "zh"):
        recipes = untouched.json("recipes", "--lang", language)
        assert recipes and all(recipe["title"] and not recipe["error"] for recipe in recipes)
    parameters = untouched.json("parameters")
    assert "learning_rate" in json.dumps(parameters)


def test_the_sample_data_is_read_and_found_right(untouched: Installed) -> None:
    samples = sorted((untouched.packages / "engine" / "templates" / "data").iterdir())
    assert samples
    names = ("--fill", "NAME=Ember", "--fill", "AUTHOR=Furnace")
    for sample in samples:
        report = untouched.json("check", str(sample), *names)
        assert report["ok"] and report["sources"][0]["kept"] > 0


def test_a_person_without_runs_has_none(untouched: Installed) -> None:
    assert untouched.json("runs") == []


def test_the_app_opens_and_closes(untouched: Installed, danlu_home: Path) -> None:
    terminal = Terminal(
        [],
        danlu_home,
        program=untouched.program,
        folder=untouched.folder,
        PYTHONPATH=str(untouched.packages),
        PYTHONDONTWRITEBYTECODE="1",
    )
    terminal.wait_for(words.t("home.start"))
    terminal.press("1")
    terminal.wait_for("identity.jsonl")
    terminal.press("\x1b", "q")
    assert terminal.wait_for_end(30) == 0
