"""llama.cpp on this machine: its converter and its quantiser, run as processes of their own."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from engine.child_process import ends_with_us, module_command
from engine.errors import DanluError
from engine.export.tool_python import tool_environment
from engine.job import Job

_CONVERTER = "convert_hf_to_gguf.py"
_QUANTISER = "llama-quantize"
_PLACES = ("", "build/bin", "bin")
_FAULT = re.compile(r"[\w.]*(Error|Exception|Interrupt)\b")


def checkout() -> Path | None:
    """The llama.cpp folder that $LLAMA_CPP names, or in which its quantiser on PATH lies."""
    named = os.environ.get("LLAMA_CPP")
    if named:
        return Path(named).expanduser()
    tool = shutil.which(_QUANTISER)
    if tool:
        for parent in Path(tool).resolve().parents[:3]:
            if (parent / _CONVERTER).is_file():
                return parent
    return None


def converter() -> Path | None:
    """llama.cpp's convert_hf_to_gguf.py, where it is."""
    folder = checkout()
    found = folder / _CONVERTER if folder else None
    return found if found and found.is_file() else None


def quantiser() -> list[str] | None:
    """The command that quantises a GGUF file, given source, result and kind: llama-quantize, else
    the library that comes with llama-cpp-python."""
    folder = checkout()
    for place in _PLACES if folder else ():
        tool = folder / place / _QUANTISER if folder else Path()
        if tool.is_file() and os.access(tool, os.X_OK):
            return [str(tool)]
    tool = shutil.which(_QUANTISER)
    if tool:
        return [tool]
    if importlib.util.find_spec("llama_cpp"):
        return module_command("engine.export.quantize_gguf")
    return None


def convert(folder: Path, path: Path, quant: str, job: Job) -> None:
    """Have llama.cpp's own converter write ``folder`` to ``path``. Raises DanluError, Cancelled."""
    script = converter()
    if script is None:
        raise DanluError("export.no_converter", folder=folder)
    command = [sys.executable, str(script), str(folder), "--outfile", str(path)]
    run_tool([*command, "--outtype", quant], "export_gguf", job)


def quantise(source: Path, path: Path, quant: str, job: Job) -> None:
    """Quantise the GGUF file ``source``. Raises DanluError, Cancelled."""
    command = quantiser()
    if command is None:
        raise DanluError("export.no_quantiser", quant=quant)
    run_tool([*command, str(source), str(path), quant.upper()], "export_quantise", job)


def run_tool(
    command: Sequence[str],
    phase: str,
    job: Job,
    *,
    tool: str | None = None,
    scratch: Path | None = None,
) -> None:
    """Run ``command`` to its end, offline and in ``scratch`` where one is given: some tools write
    logs where they stand. A cancelled job ends it. Raises DanluError ``export.tool_failed``
    with what went wrong in its own words, Cancelled."""
    job.report(phase)
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        cwd=scratch,
        env=tool_environment(scratch) if scratch else None,
        preexec_fn=ends_with_us(),
    ) as process:
        said = _listen(process, job, phase)
        if process.wait() != 0:
            name = tool or Path(command[0]).name
            reason = fault_in(said) or str(process.returncode)
            raise DanluError("export.tool_failed", exit_code=3, tool=name, reason=reason)


def fault_in(said: str) -> str:
    """The line in a program's last words that says what went wrong: an exception's, else the last;
    empty where it said nothing."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    faults = [line for line in lines if _FAULT.match(line)]
    return (faults or lines or [""])[-1][:300]


def _listen(process: subprocess.Popen[bytes], job: Job, phase: str) -> str:
    """The last of what ``process`` writes, read so that it never waits for us."""
    stream = process.stdout
    assert stream is not None
    os.set_blocking(stream.fileno(), False)
    said = b""
    try:
        while process.poll() is None:
            said = (said + (stream.read() or b""))[-8000:]
            job.report(phase)
            time.sleep(0.1)
        said += stream.read() or b""
    except BaseException:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    return said[-8000:].decode("utf-8", "replace")
