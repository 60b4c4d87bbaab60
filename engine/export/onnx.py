"""ONNX through Hugging Face's exporter, ``optimum-cli``. It wants an older transformers than danlu,
so it lives in a virtual environment of its own and runs as a process of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from engine.errors import DanluError
from engine.export.outside_tools import run_tool
from engine.home import home
from engine.job import Job

_COMMAND = "optimum-cli"


def tool_folder() -> Path:
    """The virtual environment danlu looks in."""
    return home() / "tools" / "onnx"


def exporter() -> str | None:
    """``optimum-cli`` in that environment, else on PATH."""
    own = tool_folder() / "bin" / _COMMAND
    return str(own) if os.access(own, os.X_OK) else shutil.which(_COMMAND)


def write_onnx(merged: Path, folder: Path, job: Job) -> None:
    """Write the model in ``merged`` as ONNX, with a KV cache, into ``folder``. Raises DanluError,
    Cancelled."""
    command = exporter()
    if command is None:
        raise DanluError("export.no_onnx", folder=tool_folder())
    task = ["--task", "text-generation-with-past", "--library", "transformers"]
    run_tool(
        [command, "export", "onnx", "--model", str(merged), *task, str(folder)], "export_onnx", job
    )
