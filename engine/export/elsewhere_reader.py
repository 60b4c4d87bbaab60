"""An exported folder asked in the Python that has its libraries, over a pipe. Without torch."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from engine.errors import DanluError
from engine.export.origin import read_json
from engine.export.outside_tools import fault_in
from engine.export.tool_python import (
    GPTQMODEL,
    LLMCOMPRESSOR,
    ONNX,
    Tool,
    tool_environment,
)
from engine.job import Job

_LOOK_SECONDS = 0.2
_END_SECONDS = 10.0


def kind_and_tool(folder: Path, format: str) -> tuple[str, Tool]:
    """How ``elsewhere/answer.py`` is to load ``folder``, and which tool's Python can."""
    if format == "onnx":
        return "onnx", ONNX
    method = read_json(folder / "config.json").get("quantization_config", {}).get("quant_method")
    return ("gptqmodel", GPTQMODEL) if method == "gptq" else ("transformers", LLMCOMPRESSOR)


class ElsewhereReader:
    """A running ``elsewhere/answer.py``; leaving the block ends it. Each question raises DanluError
    ``export.cannot_open`` where the libraries fail, and Cancelled."""

    def __init__(self, tool: Tool, kind: str, folder: Path, job: Job) -> None:
        self._tool, self._kind, self._folder, self._job = tool, kind, folder, job
        self._said = b""

    def __enter__(self) -> ElsewhereReader:
        self._scratch = tempfile.TemporaryDirectory(prefix="danlu-")
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            self._tool.command("answer.py", self._kind, str(self._folder.absolute())),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=self._scratch.name,
            env=tool_environment(Path(self._scratch.name)),
        )
        try:
            self._facts = self._heard()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process.stdin:
            with contextlib.suppress(OSError):  # closing sends what a dead process did not take
                process.stdin.close()  # it ends when there is nothing more to answer
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()
        self._errors.close()
        self._scratch.cleanup()

    @property
    def stop_texts(self) -> list[str]:
        return self._facts["stop_texts"]

    @property
    def has_template(self) -> bool:
        return self._facts["template"]

    def render(self, messages: list[dict[str, Any]]) -> str | None:
        return self._ask("render", messages)

    def read(self, text: str) -> list[int]:
        return self._ask("read", text)

    def text(self, ids: list[int]) -> str:
        return self._ask("text", ids)

    def choices(self, ids: list[int], said: list[int]) -> list[int]:
        return self._ask("choices", ids, said)

    def answer(self, ids: list[int], limit: int, stops: list[int]) -> list[int]:
        return self._ask("answer", ids, limit, stops)

    def _ask(self, what: str, *values: Any) -> Any:
        assert self._process.stdin is not None
        line = json.dumps({"ask": what, "with": values}) + "\n"
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except OSError as error:
            raise self._failed(self._last_words()) from error
        return self._heard()["result"]

    def _heard(self) -> dict[str, Any]:
        """The next line it says. Raises DanluError, Cancelled."""
        assert self._process.stdout is not None
        stream = self._process.stdout.fileno()
        while b"\n" not in self._said:
            self._job.check()
            if not select.select([stream], [], [], _LOOK_SECONDS)[0]:
                continue
            more = os.read(stream, 65536)
            if not more:
                raise self._failed(self._last_words())
            self._said += more
        line, self._said = self._said.split(b"\n", 1)
        document = json.loads(line)
        if "error" in document:
            raise self._failed((document["error"].splitlines() or ["?"])[0][:300])
        return document

    def _last_words(self) -> str:
        try:
            status = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:  # it says no more, and stays
            self._process.kill()
            status = self._process.wait()
        self._errors.seek(0)
        return fault_in(self._errors.read().decode("utf-8", "replace")) or str(status)

    def _failed(self, reason: str) -> DanluError:
        return DanluError("export.cannot_open", folder=self._folder, reason=reason)
