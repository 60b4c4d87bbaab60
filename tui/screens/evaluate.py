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
from engine.benchmark.known import lacking
from engine.errors import DanluError
from engine.evaluate.settings import labels_named
from tui.cells import cut_start, fit
from tui.evaluate_choices import Choices
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
        Binding("b", "benchmark", "keys.evaluate_benchmark", id="evaluate.benchmark"),
    ]

    class Listed(Message):
        """What was measured before is known, and whether the target has a base to compare with."""

        def __init__(self, earlier: list[dict[str, Any]], tuned: bool) -> None:
            super().__init__()
            self.earlier, self.tuned = earlier, tuned

    def __init__(self, target: str, data: str = "") -> None:
        super().__init__()
        self._target = target
        self._choices = Choices(data)
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
        lines = [Line(words.t("evaluate_screen.what"))]
        lines += [Line(field=name) for name in self._choices.fields()]
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
        unset = line.field == "data" and not self._choices.ready
        # A path that is too long keeps its file's name.
        shorten = cut_start if line.field == "data" else fit
        value = shorten(self._choices.value(line.field), cells - 21)
        return text.append(value, ink(self, "gold" if unset else "foreground"))

    def _details(self) -> list[Detail]:
        line: Line = self.query_one(RowList).current or Line()
        key = line.field or ("earlier" if line.document else "data")
        benchmark = self._choices.benchmark
        lack = lacking(benchmark) if benchmark else None
        if lack is not None:
            return [
                Detail(words.sentences(lack.what, lack.fix_text(lack.fixes[0])), "gold", "wrap")
            ]
        if benchmark and key == "data":
            key = f"benchmark.{benchmark.name}"
        return [Detail(self._about(key), "ash", "wrap")]

    def _about(self, key: str) -> str:
        if key == "tokens" and self._choices.benchmark:
            key = "benchmark_tokens"
        return words.t(f"evaluate_screen.{key}_about")

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
        self._earlier = message.earlier
        self._choices = replace(self._choices, tuned=message.tuned)
        self._show()

    # -- the job -------------------------------------------------------------------------------

    def action_start(self) -> None:
        if self._choices.ready:
            self.danlu.start_job(self._choices.command(self._target))
        else:
            self._browse()

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
            self._set(base=not self._choices.settings.base)
        else:
            self._ask(line.field)

    def _choose(self, **changes: Any) -> None:
        self._choices = replace(self._choices, **changes)
        self._show()

    def _set(self, **changes: Any) -> None:
        self._choose(settings=replace(self._choices.settings, **changes))

    def action_benchmark(self) -> None:
        """The next benchmark, and after the last one data again."""
        self._choose(benchmark=self._choices.next_benchmark())

    def _browse(self) -> None:
        from tui.screens.browse import BrowseScreen

        data = self._choices.data
        near = Path(data).parent if data else Path.cwd()
        folder = near if near.is_dir() else Path.cwd()
        about = words.t("evaluate_screen.browse_about")
        self.app.push_screen(BrowseScreen(folder, about, "data"), self._take_data)

    def _take_data(self, path: Path | str | None) -> None:
        if path is not None:
            self._choose(data=str(path), benchmark=None)

    def action_hub(self) -> None:
        question = AskScreen(
            lambda: words.t("evaluate_screen.hub"),
            lambda: words.t("wizard_data.hub_about"),
            value=self._choices.data,
            refuse=not_a_source,
        )
        self.app.push_screen(question, self._take_data)

    def _ask(self, field: str) -> None:
        refuse = {
            "sample": not_a_count,
            "limit": not_a_count,
            "shots": _not_shots,
            "folder": _not_a_folder,
            "tokens": not_a_count,
            "labels": lambda text: "",
        }[field]
        value = self._choices.typed(field)
        question = AskScreen(
            lambda: words.t(f"evaluate_screen.{field}"),
            lambda: self._about(field),
            value=value,
            refuse=refuse,
        )
        self.app.push_screen(question, lambda text: self._take(field, text))

    def _take(self, field: str, text: str | None) -> None:
        if text is None:
            return
        if field in ("limit", "shots"):
            self._choose(**{field: int(text) if text else None})
        elif field == "folder":
            self._choose(folder=Path(text).expanduser() if text else None)
        elif field == "sample":
            self._set(sample=int(text) if text else None)
        elif field == "tokens" and self._choices.benchmark is not None:
            usual = self._choices.benchmark.tokens
            self._choose(tokens=int(text) if text and int(text) != usual else None)
        elif field == "tokens":
            self._set(max_new_tokens=int(text) if text else None)
        else:
            self._set(labels=() if text == "-" else labels_named(text) or None)


def _not_shots(text: str) -> str:
    sound = not text or (text.isdigit() and int(text) <= 100)
    return "" if sound else words.t("evaluate_screen.shots_needed")


def _not_a_folder(text: str) -> str:
    sound = not text or Path(text).expanduser().is_dir()
    return "" if sound else words.t("evaluate_screen.folder_needed")
