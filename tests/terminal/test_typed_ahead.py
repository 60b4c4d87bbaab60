"""A slow line delivers several keys at once: each does what it would have done alone."""

from __future__ import annotations

from pathlib import Path

from engine.words import t
from tests.terminal.terminal import Terminal
from tests.tui.wizard_parts import put_embedded


def test_keys_that_come_together_reach_what_the_ones_before_opened(
    tiny_model: Path, danlu_home: Path
) -> None:
    put_embedded(tiny_model)
    terminal = Terminal([], danlu_home)
    terminal.wait_for(t("home.start"))
    terminal.type("1\x1b[D")  # the first recipe's review, and back to its parameters
    terminal.wait_for(t("wizard_parameters.go"))
    terminal.type("/lora_alpha\r\r\x1548\r")
    shown = terminal.wait_for("‹ 48 ›")
    assert "lora_alpha" in shown and "‹ 48 ›" in _line(shown, "LoRA alpha")
    terminal.process.close(force=True)


def _line(shown: str, label: str) -> str:
    return next(line for line in shown.splitlines() if f" {label} " in line)
