"""What a person must read now: an error with its ways out, a diagnosis, how the run ended."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from textual.geometry import Size

from engine import words
from engine.units import human_duration
from tui.run_model import RunModel
from tui.symbols import sign
from tui.trouble import Trouble, trouble_of
from tui.widgets.line_view import LineView, Row
from tui.widgets.ticks import number
from tui.wrap import wrap

_MOST_ROWS = 8


class Banner(LineView):
    """As high as what there is to say; nothing, most of the time."""

    DEFAULT_CSS = "Banner { height: auto; max-height: 8; background: $surface; }"

    def __init__(self, model: RunModel, folder: Path) -> None:
        super().__init__()
        self.model = model
        self.folder = folder
        self._rows_before = 0

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._rows_before = len(self.draw(width, _MOST_ROWS))
        return self._rows_before

    def redraw(self) -> None:
        rows = len(self.draw(self.size.width or self.app.size.width, _MOST_ROWS))
        if rows != self._rows_before:
            self._rows_before = rows
            self.refresh(layout=True)
        super().redraw()

    def draw(self, width: int, height: int) -> Sequence[Row]:
        return banner_rows(self.model, self.folder, width)[:height]


def banner_rows(model: RunModel, folder: Path, cells: int) -> list[Row]:
    """The rows for the state the run in ``folder`` is in."""
    if model.status == "failed" and model.summary.error:
        return _trouble_rows(trouble_of(model.summary.error), cells)
    if model.status == "interrupted":
        return _said(
            "warn", "gold", words.t(_interrupted_key(model), step=_safe_step(model)), cells
        )
    if model.status in ("finished", "stopped"):
        return _ending_rows(model, folder, cells)
    if model.notice:
        return _trouble_rows(trouble_of(model.notice), cells)
    return []


def _interrupted_key(model: RunModel) -> str:
    return "live.ended.interrupted" if model.summary.checkpoints else "live.ended.interrupted_early"


def _safe_step(model: RunModel) -> int:
    return max((c.step for c in model.summary.checkpoints), default=0)


def _trouble_rows(trouble: Trouble, cells: int) -> list[Row]:
    name, role = ("no", "cinnabar") if trouble.grave else ("warn", "gold")
    rows = _said(name, role, trouble.what, cells, bold=True)
    rows += [[(f"   {line}", "text")] for line in wrap(trouble.why, cells - 4) if trouble.why]
    for fix in trouble.fixes:
        lead, *more = wrap(fix, cells - 6)
        rows.append([(f"   {sign('next')} ", "ember"), (lead, "text")])
        rows += [[(f"     {line}", "text")] for line in more]
    return rows


def _ending_rows(model: RunModel, folder: Path, cells: int) -> list[Row]:
    summary = model.summary
    finished = model.status == "finished"
    loss, eval_loss = summary.loss, summary.eval_loss
    parts = [
        words.t(f"live.ended.{model.status}", step=summary.step),
        words.t("live.ended.loss", loss=number(loss)) if loss is not None else "",
        words.t("live.ended.eval", loss=number(eval_loss)) if eval_loss is not None else "",
        words.t("live.ended.took", time=human_duration(model.elapsed())),
    ]
    dot = f" {sign('dot')} "
    name, role = ("yes", "jade") if finished else ("dot", "gold")
    rows = _said(name, role, dot.join(part for part in parts if part), cells)
    newest = max(summary.checkpoints, key=lambda checkpoint: checkpoint.step, default=None)
    if newest is None:
        where = words.t("live.ended.nothing_saved")
    else:
        key = "live.ended.saved" if newest.step == summary.step else "live.ended.last_saved"
        where = words.t(key, step=newest.step, path=_at_home(folder / newest.path))
    return rows + [[(f"   {line}", "ash")] for line in wrap(where, cells - 4)]


def _at_home(path: Path) -> str:
    """The path with ``~`` for the person's own folder."""
    with suppress(ValueError, RuntimeError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)


def _said(name: str, role: str, text: str, cells: int, bold: bool = False) -> list[Row]:
    first, *more = wrap(text, cells - 4)
    style = f"{role} bold" if bold else "text"
    rows: list[Row] = [[(f" {sign(name)} ", f"{role} bold"), (first, style)]]
    return rows + [[(f"   {line}", style)] for line in more]
