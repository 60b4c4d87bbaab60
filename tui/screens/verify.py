"""Did it learn? Every trained or golden question with the answers of base and tuned, the worst
first. The asking itself is a job: :mod:`tui.verifying`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget

from engine import words
from engine.chat.verify_report import VerifiedRow, read_report, write_report
from engine.errors import DanluError
from engine.evaluate.match import MODES, Mode
from engine.units import human_duration
from tui.cells import fit
from tui.ink import ink
from tui.screens.ask import AskScreen
from tui.screens.base import DanluScreen
from tui.screens.verified_rows import Columns, RowScreen, columns, likeness, parts
from tui.symbols import sign
from tui.verifying import ask_golden, has_questions, on_trained, with_golden
from tui.widgets.detail_lines import Detail, DetailLines
from tui.widgets.head_line import HeadLine
from tui.widgets.row_list import RowList


class VerifyScreen(DanluScreen):
    """``document`` is what ``danlu verify --json`` prints; ``command`` the words that asked."""

    title_key = "verify_screen.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "wrong", "keys.verify_wrong", id="verify.wrong"),
        Binding("m", "match", "keys.verify_match", id="verify.match"),
        Binding("f", "golden", "keys.verify_golden", id="verify.golden"),
        Binding("t", "trained", "keys.verify_trained", id="verify.trained"),
        Binding("o", "save", "keys.verify_save", id="verify.save"),
        Binding("r", "again", "keys.verify_again", id="verify.again"),
    ]
    DEFAULT_CSS = """
    VerifyScreen DetailLines { height: 40%; min-height: 8; }
    VerifyScreen Columns { height: 1; }
    """

    def __init__(self, document: dict[str, Any], command: Sequence[str]) -> None:
        super().__init__()
        self._report = read_report(document)
        self._command = list(command)
        self._only_wrong = False
        self._worse: set[int] = set()

    # -- drawing ---------------------------------------------------------------------------

    def work(self) -> list[Widget]:
        return [
            Columns(),
            RowList(self._draw, self._rows(), enter="keys.read"),
            DetailLines(self._details(None)),
        ]

    def head_right(self) -> str:
        report = self._report
        worse = len({id(row) for row in (*report.regressions, *report.worse)})
        gate = f"{sign('no')} {words.t('verify_screen.gate_closed', count=worse)}"
        if report.passed:
            gate = f"{sign('yes')} {words.t('verify_screen.gate_open')}"
        mode = words.t(f"verify_screen.{report.match}")
        right = f"{mode} {report.right}/{len(report.rows)}"
        took = f" · {human_duration(report.seconds)}" if self.app.size.width >= 100 else ""
        return f"{right} · {gate}{took}   {words.language().upper()}"

    async def retranslate(self) -> None:
        await super().retranslate()
        self._show()

    def _show(self) -> None:
        title = f"{words.t(self.title_key)} · {self._report.target.label}"
        if self._report.golden:
            title += f" · {words.t('verify_screen.golden')} {Path(self._report.golden).name}"
        self.query_one(HeadLine).show(title, self.head_right())
        rows = self.query_one(RowList)
        rows.show(self._rows(), same=lambda row: row.question)
        self.query_one(DetailLines).show(self._details(rows.current))

    def _rows(self) -> list[VerifiedRow]:
        """The worst first: what got worse, then the less an answer is like the expected one."""
        report = self._report
        right = {id(row) for row in report.rows if report.is_right(row, row.tuned)}
        self._worse = {id(row) for row in (*report.regressions, *report.worse)}
        rows = [row for row in report.rows if not (self._only_wrong and id(row) in right)]
        return sorted(
            rows, key=lambda row: (id(row) not in self._worse, id(row) in right, likeness(row))
        )

    def _draw(self, row: VerifiedRow, cells: int, selected: bool) -> Text:
        text = Text().append(f"{sign('next')} " if selected else "  ", ink(self, "ember"))
        question, base, tuned = columns(cells)
        for said, room, colour in (
            (row.question, question, "foreground"),
            (row.base, base, "ash"),
            (row.tuned, tuned, "foreground"),
        ):
            text.append(fit(" ".join(said.split()), room), ink(self, colour)).append(" ")
        report = self._report
        right = report.is_right(row, row.tuned)
        if not right and id(row) in self._worse:
            said = f"{sign('down')} {words.t('verify_screen.worse')}"
        else:
            found = report.modes(row)
            first = next((mode for mode in MODES if found.get(mode)), None)
            mark = sign("yes" if right else "no")
            said = f"{mark} {words.t('verify_screen.' + (first or 'differs'))}"
        return text.append(said, ink(self, "jade" if right else "cinnabar"))

    def _details(self, row: VerifiedRow | None) -> list[Detail]:
        if row is None:
            return [Detail(words.t("verify_screen.all_exact"), "ash", "wrap")]
        room = max(8, round(self.app.size.height * 0.4) - 2)  # lines below the rule
        share = [1, *[(room - 2) // 3] * 3]
        details = [
            Detail(said, colour, "wrap", lead, most)
            for (lead, said, colour), most in zip(
                parts(row, self._report.golden is not None), share, strict=True
            )
        ]
        return [*details, Detail(self._marks(row), "ash")]

    def _marks(self, row: VerifiedRow) -> str:
        """The row by each way of matching."""
        marks = [
            f"{sign('yes' if right else 'no')} {words.t(f'verify_screen.{mode}')}"
            for mode, right in self._report.modes(row).items()
        ]
        return "   ".join(marks)

    def on_mount(self) -> None:
        self.call_after_refresh(self._show)

    # -- keys --------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "trained":
            tuned = self._report.target.tuned
            return bool(self._report.golden and tuned and has_questions(tuned))
        return True

    def action_again(self) -> None:
        self._ask(self._command)

    def action_wrong(self) -> None:
        self._only_wrong = not self._only_wrong
        self._show()

    def action_match(self) -> None:
        """Judge by the next way of matching; the answers stay as they are."""
        match = MODES[(MODES.index(self._report.match) + 1) % len(MODES)]
        self._report = replace(self._report, match=match)
        self._show()

    def action_golden(self) -> None:
        # An answer of one's own is seldom met word for word.
        match: Mode = "normalised" if self._report.match == "exact" else self._report.match
        ask_golden(self, lambda path: self._ask(with_golden(self._command, path, match)))

    def action_trained(self) -> None:
        self._ask(on_trained(self._command))

    def _ask(self, command: Sequence[str]) -> None:
        """What is found anew stands where this stands."""
        self.app.pop_screen()
        self.danlu.start_job(command)

    def action_save(self) -> None:
        name = str(Path.cwd() / f"verify-{self._report.target.label.replace('/', '-')}")
        ask = AskScreen(
            lambda: words.t("verify_screen.save"),
            lambda: words.t("verify_screen.save_about"),
            value=name,
        )
        self.app.push_screen(ask, lambda text: self._save(text) if text else None)

    def _save(self, text: str) -> None:
        path = Path(text).expanduser()
        path = path.with_suffix("") if path.suffix in (".md", ".json") else path
        try:
            for suffix in (".md", ".json"):
                write_report(self._report, path.with_name(path.name + suffix))
        except DanluError as error:
            self.fail(error)
        else:
            self.notify(words.t("verify_screen.saved", path=path))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        self.app.push_screen(RowScreen(message.row, self._report.golden is not None))

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        self.query_one(DetailLines).show(self._details(message.row))
