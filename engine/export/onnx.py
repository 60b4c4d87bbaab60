"""ONNX through Hugging Face's exporter, optimum."""

from __future__ import annotations

from pathlib import Path

from engine.export.outside_tools import run_tool
from engine.export.tool_python import tool_for
from engine.job import Job


def write_onnx(merged: Path, folder: Path, job: Job) -> str:
    """Write the model in ``merged`` as ONNX, with a KV cache, into ``folder``; returns what wrote
    it. Raises DanluError, Cancelled."""
    tool = tool_for("onnx")
    command = tool.command("to_onnx.py", str(merged), str(folder))
    run_tool(command, "export_onnx", job, tool=tool.requirement, scratch=merged)
    return f"{tool.package} {tool.version}"
