"""Measuring a model on data: choose the data and how, start, watch; what was measured before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from engine import words
from engine.errors import DanluError
from engine.evaluate.settings import Settings, labels_named
from tui.cells import fit
from tui.evaluation_line import evaluation_line
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.screens.base import DanluScreen
from tui.screens.evaluation import EvaluationScreen
from tui.symbols import sign
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.head_line import HeadLine
from tui.widgets.row_list import RowList
from tui.wizard.refusals import not_a_count, not_a_source

_FIELDS = ("data", "sample", "labels", "tokens", "base")


@dataclass(frozen=True)
class Line:
    """A heading or blank line (``field`` and ``document`` empty), a choice, or an earlier one."""

    title: str = ""
    field: str = ""
    document: dict[str, Any] | None = None


class EvaluateScreen(DanluScreen):
    """``target`` names a run, a checkpoint or a model."""

    title_key = "evaluate_screen.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "keys.evaluate_start", id="evaluate.start"),
        Binding("u", "hub", "keys.data_add_hub", id="evaluate.hub"),
    ]

    class Listed(Message):
        """What was measured before is known, and whether the target has a base to compare with."""

        def __init__(self, earlier: list[dict[str, Any]], tuned: bool) -> None:
            super().__init__()
            self.earlier, self.tuned = earlier, tuned

    def __init__(self, target: str, data: str = "") -> None:
        super().__init__()
        self._target = target
        self._data = data
        self._settings = Settings()
        self._tuned = True
        self._earlier: list[dict[str, Any]] = []

    # -- drawing ---------------------------------------------------------------------------

    def work(self) -> list[Widget]:
        rows = RowList(
            self._draw,
            self._lines(),
            selectable=lambda line: bool(line.field or line.document),
            enter="keys.field_edit",
        )
        return [rows, DetailLines()]

    def _show(self) -> None:
        title = f"{words.t(self.title_key)} · {self._target}"
        self.query_one(HeadLine).show(title, self.head_right())
        self.query_one(RowList).show(self._lines())
        self.query_one(DetailLines).show(self._details())
        self.refresh_bindings()

    async def retranslate(self) -> None:
        at = self.query_one(RowList).cursor
        await super().retranslate()
        self.query_one(RowList).move_to(at)
        self._show()

    def _lines(self) -> list[Line]:
        fields = [name for name in _FIELDS if name != "base" or self._tuned]
        lines = [Line(words.t("evaluate_screen.what")), *(Line(field=name) for name in fields)]
        if self._earlier:
            lines += [Line(), Line(words.t("evaluate_screen.earlier"))]
            lines += [Line(document=document) for document in self._earlier]
        return lines

    def _draw(self, line: Line, cells: int, selected: bool) -> Text:
        text = Text().append(f" {sign('next')} " if selected else "   ", ink(self, "ember"))
        if line.document is not None:
            return text.append_text(evaluation_line(self, line.document, cells - 3))
        if not line.field:
            return Text(f"   {line.title}", ink(self, "ash", bold=True))
        text.append(fit(words.t(f"evaluate_screen.{line.field}"), 18), ink(self, "ash"))
        unset = line.field == "data" and not self._data
        return text.append(self._value(line.field), ink(self, "gold" if unset else "foreground"))

    def _value(self, field: str) -> str:
        chosen, t = self._settings, words.t
        if field == "data":
            return self._data or t("evaluate_screen.no_data")
        if field == "sample":
            if chosen.sample is None:
                return t("evaluate_screen.all_rows")
            return t("evaluate_screen.some_rows", count=chosen.sample)
        if field == "labels":
            if chosen.labels is None:
                return t("evaluate_screen.labels_auto")
            return ", ".join(chosen.labels) or t("evaluate_screen.labels_none")
        if field == "tokens":
            return t("evaluate_screen.token_count", count=chosen.max_new_tokens)
        return t("verify.yes") if chosen.base else t("verify.no")

    def _details(self) -> list[Detail]:
        line: Line = self.query_one(RowList).current or Line()
        key = line.field or ("earlier" if line.document else "data")
        return [Detail(words.t(f"evaluate_screen.{key}_about"), "ash", "wrap")]

    # -- what was measured before ------------------------------------------------------------

    def on_mount(self) -> None:
        self.call_after_refresh(self._show)
        self._look()

    def on_screen_resume(self) -> None:
        self._look()

    def _look(self) -> None:
        self.run_worker(self._list, thread=True, exit_on_error=False, group="earlier")

    def _list(self) -> None:
        """In a thread."""
        from engine.chat.target import resolve_target
        from engine.evaluate.evaluate import folder_of
        from engine.evaluate.stored_rows import stored_evaluations

        try:
            target = resolve_target(self._target)
        except DanluError:  # said when it is started
            return
        earlier = stored_evaluations(folder_of(target))
        self.post_message(self.Listed(earlier, target.tuned is not None))

    def on_evaluate_screen_listed(self, message: Listed) -> None:
        self._earlier, self._tuned = message.earlier, message.tuned
        self._show()

    # -- the job -------------------------------------------------------------------------------

    def action_start(self) -> None:
        if not self._data:
            self._browse()
            return
        self.danlu.start_job(self._command())

    def _command(self) -> list[str]:
        chosen = self._settings
        command = ["evaluate", self._target, self._data]
        command += ["--max-new-tokens", str(chosen.max_new_tokens)]
        if chosen.sample is not None:
            command += ["--sample", str(chosen.sample)]
        if chosen.labels is not None:
            command += ["--labels", ",".join(chosen.labels) or "none"]
        if chosen.base and self._tuned:
            command.append("--base")
        return command

    # -- keys ------------------------------------------------------------------------------------

    def on_row_list_moved(self) -> None:
        self.query_one(DetailLines).show(self._details())

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        line: Line = message.row
        if line.document is not None:
            self.app.push_screen(EvaluationScreen(line.document))
        elif line.field == "data":
            self._browse()
        elif line.field == "base":
            self._set(base=not self._settings.base)
        else:
            self._ask(line.field)

    def _set(self, **changes: Any) -> None:
        self._settings = replace(self._settings, **changes)
        self._show()

    def _browse(self) -> None:
        from tui.screens.browse import BrowseScreen

        near = Path(self._data).parent if self._data else Path.cwd()
        folder = near if near.is_dir() else Path.cwd()
        about = words.t("evaluate_screen.browse_about")
        self.app.push_screen(BrowseScreen(folder, about, "data"), self._take_data)

    def _take_data(self, path: Path | str | None) -> None:
        if path is not None:
            self._data = str(path)
            self._show()

    def action_hub(self) -> None:
        question = AskScreen(
            words.t("evaluate_screen.hub"),
            words.t("wizard_data.hub_about"),
            value=self._data,
            refuse=not_a_source,
        )
        self.app.push_screen(question, self._take_data)

    def _ask(self, field: str) -> None:
        chosen = self._settings
        value, refuse = {
            "sample": (str(chosen.sample or ""), not_a_count),
            "tokens": (str(chosen.max_new_tokens), _not_tokens),
            "labels": (", ".join(chosen.labels or ()), lambda text: ""),
        }[field]
        title, about = (words.t(f"evaluate_screen.{field}{part}") for part in ("", "_about"))
        question = AskScreen(title, about, value=value, refuse=refuse)
        self.app.push_screen(question, lambda text: self._take(field, text))

    def _take(self, field: str, text: str | None) -> None:
        if text is None:
            return
        if field == "sample":
            self._set(sample=int(text) if text else None)
        elif field == "tokens":
            self._set(max_new_tokens=int(text))
        else:
            self._set(labels=() if text == "-" else labels_named(text) or None)


def _not_tokens(text: str) -> str:
    sound = text.isdigit() and int(text) > 0
    return "" if sound else words.t("evaluate_screen.tokens_needed")
