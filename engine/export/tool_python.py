"""Tools that want other versions of libraries than danlu does. Each lives in a virtual environment
of its own below danlu's home and runs as a process of its own. Without torch."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from engine.errors import DanluError
from engine.home import home

_SCRIPTS = Path(__file__).parent / "elsewhere"


@dataclass(frozen=True)
class Tool:
    """``name`` is its folder, ``package`` what is looked for there, ``requirement`` what pip is
    asked for. ``shared`` where danlu's own Python may have it, too."""

    name: str
    package: str
    requirement: str
    shared: bool = True

    @property
    def folder(self) -> Path:
        """The virtual environment danlu looks in."""
        return home() / "tools" / self.name

    @property
    def install(self) -> str:
        """The one command that installs it."""
        folder = shlex.quote(str(self.folder))
        made = f"{shlex.quote(sys.executable)} -m venv {folder}"
        return f"{made} && {folder}/bin/pip install {shlex.quote(self.requirement)}"

    @property
    def version(self) -> str | None:
        """The version that would run; None where it is not installed, or not wholly."""
        return self._own() or (_shared_version(self.package) if self.shared else None)

    def command(self, script: str, *arguments: str) -> list[str]:
        """The command that runs ``engine/export/elsewhere/<script>`` with it."""
        # Isolated: what PYTHONPATH adds to danlu's Python is not for this one.
        own = self._own()
        python = [str(self.folder / "bin" / "python"), "-I"] if own else [sys.executable]
        return [*python, str(_SCRIPTS / script), *arguments]

    def _own(self) -> str | None:
        """pip writes RECORD last, so a half-made environment is not taken for a whole one."""
        pattern = f"lib/python*/site-packages/{self.package}-*.dist-info/RECORD"
        found = next(iter(sorted(self.folder.glob(pattern))), None)
        return found.parent.name.removesuffix(".dist-info").rpartition("-")[2] if found else None


ONNX = Tool("onnx", "optimum_onnx", "optimum-onnx[onnxruntime]", shared=False)
GPTQMODEL = Tool("gptqmodel", "gptqmodel", "gptqmodel")
LLMCOMPRESSOR = Tool("llmcompressor", "llmcompressor", "llmcompressor")
TOOLS = {"onnx": (ONNX,), "gptq": (GPTQMODEL, LLMCOMPRESSOR), "awq": (LLMCOMPRESSOR,)}


def tool_for(format: str) -> Tool:
    """The first tool here that makes ``format``. Raises DanluError ``export.needs_tool``,
    ``export.needs_gptq`` with the one command that installs it."""
    for tool in TOOLS[format]:
        if tool.version:
            return tool
    first, *others = TOOLS[format]
    values = {"format": format.upper(), "tool": first.requirement, "install": first.install}
    if others:
        raise DanluError("export.needs_gptq", **values, other=others[0].install)
    raise DanluError("export.needs_tool", **values)


def tool_environment(scratch: Path) -> dict[str, str]:
    """The variables such a tool runs with: it asks no hub, and leaves its scratch files in
    ``scratch``."""
    return {**os.environ, "HF_HUB_OFFLINE": "1", "TMPDIR": str(scratch)}


def _shared_version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
