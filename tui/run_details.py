"""What stands below the list about the run or checkpoint under the cursor."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from engine import words
from engine.errors import DanluError
from engine.units import human_bytes, human_duration
from tui.run_tree import Line
from tui.wizard.names import bare_model_name


@dataclass(frozen=True)
class Details:
    """``facts`` on one line, ``remark`` (why it failed, how to go on) below, then the path."""

    facts: str = ""
    remark: str = ""
    path: str = ""


def details_of(line: Line) -> Details:
    """Read what the list does not know: the spec, the files on disk. Call it in a thread."""
    if line.checkpoint is not None:
        return Details(_checkpoint_facts(line), _why_not(line), line.path)
    return Details(_run_facts(line), _remark(line), line.path)


def _run_facts(line: Line) -> str:
    parts: list[str] = []
    try:
        spec = line.run.spec()
        tuner = words.t(f"param_method.tuner.choices.{spec.method.tuner}")
        parts += [bare_model_name(spec.model.source).rpartition("/")[2], tuner]
    except DanluError as error:
        parts.append(error.what)
    summary = line.state.summary if line.state else None
    if summary is not None and summary.started is not None:
        parts.append(time.strftime("%Y-%m-%d %H:%M", time.localtime(summary.started)))
        if summary.ended is not None:
            parts.append(human_duration(summary.ended - summary.started))
    return " · ".join(parts)


def _remark(line: Line) -> str:
    if line.state is None:
        return ""
    summary = line.state.summary
    if summary.error is not None:
        return f"{summary.error.get('what', '')} {summary.error.get('why', '')}".strip()
    if line.can_resume:
        last = max(c.step for c in summary.checkpoints if c.resumable)
        return words.t("runs.resume_from", step=last)
    if not summary.checkpoints and not line.state.active:
        return words.t("runs.nothing_saved")
    return ""


def _checkpoint_facts(line: Line) -> str:
    folder = Path(line.path)
    if not folder.is_dir():
        return words.t("runs.gone")
    kind = "adapter" if (folder / "adapter_config.json").is_file() else "full"
    checkpoint = line.checkpoint
    parts = [words.t(f"runs.{kind}")]
    if checkpoint is not None and checkpoint.bytes:
        parts.append(human_bytes(checkpoint.bytes))
    if checkpoint is not None and checkpoint.best:
        parts.append(words.t("runs.best_why"))
    return " · ".join(parts)


def _why_not(line: Line) -> str:
    """Whether training can go on from the checkpoint; where not, which files are missing."""
    from engine.train.checkpoints import why_not_resumable

    missing = why_not_resumable(Path(line.path))
    if missing:
        return words.t("runs.not_resumable", files=", ".join(missing))
    return words.t("runs.resumable_why")
