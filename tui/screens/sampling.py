"""How answers are drawn: temperature, top-p, top-k, length, repetition penalty, seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from engine import words
from engine.chat.sampling import Sampling
from tui.cells import fit
from tui.screens.overlay import OverlayScreen
from tui.symbols import sign
from tui.widgets.prose import Prose


@dataclass(frozen=True)
class Field:
    """One number: its type and range. ``seed`` may be left empty."""

    name: str
    kind: Callable[[str], float | int]
    low: float
    high: float
    may_be_empty: bool = False

    def read(self, text: str) -> float | int | None:
        """The value of ``text``. Raises ValueError when it is none of this field's."""
        if not text.strip() and self.may_be_empty:
            return None
        value = self.kind(text)
        if not self.low <= value <= self.high:
            raise ValueError(text)
        return value


FIELDS = (
    Field("temperature", float, 0, 10),
    Field("top_p", float, 0.01, 1),
    Field("top_k", int, 0, 1_000_000),
    Field("max_new_tokens", int, 1, 1_000_000),
    Field("repetition_penalty", float, 0.1, 10),
    Field("seed", int, 0, 2**63 - 1, may_be_empty=True),
)


class SamplingScreen(OverlayScreen[Sampling]):
    """A small form. Dismissed with the new settings, or with None when the person goes back."""

    AUTO_FOCUS = "Input"
    DEFAULT_CSS = """
    SamplingScreen Horizontal { height: 1; }
    SamplingScreen Horizontal > Static { width: 24; }
    SamplingScreen Input { width: 16; background: $panel; padding: 0 1; }
    SamplingScreen Input.-wrong { color: $error; text-style: bold; }
    SamplingScreen #about { margin: 1 0; height: 3; color: $ash; }
    SamplingScreen .title { text-style: bold; margin-bottom: 1; }
    """

    def __init__(self, sampling: Sampling) -> None:
        super().__init__()
        self._sampling = sampling

    def work(self) -> list[Widget]:
        rows: list[Widget] = [Static(words.t("chat_screen.sampling"), classes="title")]
        for field in FIELDS:
            value = getattr(self._sampling, field.name)
            entry = SamplingInput("" if value is None else f"{value:g}", field)
            label = fit(words.t(f"chat_screen.{field.name}"), 22)
            rows.append(Horizontal(Static(label), entry))
        return [*rows, Prose("", "", id="about")]

    def on_mount(self) -> None:
        self.query_one(".panel").can_focus = False  # the arrows go from field to field

    def on_descendant_focus(self) -> None:
        self._explain()

    def on_input_changed(self, message: Input.Changed) -> None:
        entry = message.input
        if isinstance(entry, SamplingInput):
            entry.set_class(not entry.sound, "-wrong")
            self._explain()

    def on_input_submitted(self) -> None:
        entries = list(self.query(SamplingInput))
        wrong = next((entry for entry in entries if not entry.sound), None)
        if wrong is not None:
            wrong.focus()
            return
        values = {entry.field.name: entry.field.read(entry.value) for entry in entries}
        self.dismiss(Sampling(**values))  # type: ignore[arg-type]

    def _explain(self) -> None:
        entry = self.focused
        if not isinstance(entry, SamplingInput):
            return
        field = entry.field
        about = words.t(f"chat_screen.{field.name}_why")
        if not entry.sound:
            allowed = words.t("chat_screen.range", low=f"{field.low:g}", high=f"{field.high:g}")
            about = f"{sign('no')} {allowed}"
        self.query_one("#about", Prose).say(about)


class SamplingInput(Input):
    """One field's entry."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "keys.accept", id="sampling.accept"),
        Binding("down", "app.focus_next", "keys.field_move", id="sampling.next"),
        Binding("up", "app.focus_previous", "keys.field_move", id="sampling.before", show=False),
    ]

    def __init__(self, value: str, field: Field) -> None:
        super().__init__(value, compact=True, select_on_focus=True)
        self.field = field

    @property
    def sound(self) -> bool:
        """Whether what is typed is a value of the field."""
        try:
            self.field.read(self.value)
        except ValueError:
            return False
        return True
