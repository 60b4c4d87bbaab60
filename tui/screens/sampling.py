"""How answers are drawn: temperature, top-p, top-k, length, repetition penalty, seed."""

from __future__ import annotations

import shlex
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from engine import words
from engine.chat.sampling import CHAT_DEFAULT, FIELDS, Field, Sampling, options, sampling_of
from tui.cells import fit
from tui.screens.overlay import OverlayScreen
from tui.symbols import sign
from tui.widgets.prose import Prose


class SamplingScreen(OverlayScreen[Sampling]):
    """A small form. Dismissed with the new settings, or with None when the person goes back."""

    AUTO_FOCUS = "Input"
    DEFAULT_CSS = """
    SamplingScreen Horizontal { height: 1; }
    SamplingScreen Horizontal > Static { width: 24; }
    SamplingScreen Input { width: 16; background: $panel; padding: 0 1; }
    SamplingScreen Input.-wrong { color: $error; text-style: bold; }
    SamplingScreen #about { margin: 1 0; height: 3; color: $ash; }
    SamplingScreen #command { height: 3; color: $ash; }
    SamplingScreen .title { text-style: bold; margin-bottom: 1; }
    """

    def __init__(self, sampling: Sampling, target: str = "TARGET") -> None:
        super().__init__()
        self._sampling = sampling
        self._target = target

    def work(self) -> list[Widget]:
        rows: list[Widget] = [Static(words.t("chat_screen.sampling"), classes="title")]
        for field in FIELDS:
            value = getattr(self._sampling, field.name)
            entry = SamplingInput(field.text(value), field)
            label = fit(words.t(f"chat_screen.{field.name}"), 22)
            rows.append(Horizontal(Static(label), entry))
        return [*rows, Prose("", "", id="about"), Prose("$ ", "", id="command")]

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
        self.dismiss(sampling_of({entry.field.name: entry.value for entry in entries}))

    def _explain(self) -> None:
        entry = self.focused
        if not isinstance(entry, SamplingInput):
            return
        field = entry.field
        about = words.t(f"chat_screen.{field.name}_why")
        if not entry.sound:
            about = f"{sign('no')} {field.refusal(entry.value).why}"
        self.query_one("#about", Prose).say(about)
        self._say_command()

    def _say_command(self) -> None:
        """What it equals on the command line."""
        entries = list(self.query(SamplingInput))
        if all(entry.sound for entry in entries):
            chosen = sampling_of({entry.field.name: entry.value for entry in entries})
            said = ["danlu", "chat", self._target, *options(chosen, CHAT_DEFAULT)]
            self.query_one("#command", Prose).say(shlex.join(said))


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
