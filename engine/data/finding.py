"""What is wrong, or worth knowing, about one row: where it stands, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from engine import words
from engine.errors import DanluError

Severity = Literal["error", "warning", "info"]

# A row with an error is left out of training; the others are trained as they are.
_WARNINGS = {
    "bad_label",
    "bank_card",
    "control_character",
    "duplicate",
    "duplicate_elsewhere",
    "duplicate_row",
    "email_address",
    "foreign_token",
    "garbled",
    "id_number",
    "image_mark_alone",
    "leaked_question",
    "leaked_row",
    "lost_characters",
    "missing_comma",
    "mixed_shapes",
    "near_duplicate",
    "near_leak",
    "over_long",
    "password",
    "phone_number",
    "private_key",
    "roles_unnamed",
    "secret_key",
    "special_token_in_text",
    "stop_token_not_trained",
    "unanswered_end",
}
_INFO = {
    "answer_left_off",
    "bom",
    "empty_thinking_added",
    "mixed_files",
    "near_limited",
    "other_split",
    "no_chat_template",
    "system_folded",
    "title_rows",
    "tools_as_text",
}

# What :mod:`engine.data.repair` usually puts right.
REPAIRABLE = frozenset(
    {
        "bad_tool_call",
        "bad_tools",
        "bom",
        "control_character",
        "duplicate",
        "duplicate_row",
        "garbled",
        "half_character",
        "json_line_end",
        "json_python_words",
        "json_single_quotes",
        "json_trailing_comma",
        "json_two_rows",
        "json_wide_quotes",
        "label_not_boolean",
        "missing_comma",
        "other_encoding",
        "repeated_role",
        "system_not_first",
        "wide_text",
    }
)


@dataclass(frozen=True)
class Finding:
    """One thing found. ``line`` counts from 1 (0: the file as a whole), ``row`` too (0: no row);
    ``pointer`` is the JSON pointer in the row; ``lost`` is how many rows it leaves out; the words
    are below ``finding.``.
    """

    code: str
    severity: Severity
    file: str
    line: int
    pointer: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    lost: int = 0
    error: DanluError | None = None
    row: int = 0

    @property
    def message(self) -> str:
        """What was found, in the current language."""
        if self.error is not None:
            return str(self.error)
        return words.t(f"finding.{self.code}.message", **self._shown)

    @property
    def fix(self) -> str:
        """What to do about it, in the current language."""
        if self.error is not None:
            return words.sentences(*(self.error.fix_text(fix) for fix in self.error.fixes))
        return words.t(f"finding.{self.code}.fix", **self._shown)

    @property
    def _shown(self) -> dict[str, Any]:
        """The values with JSON's types in words."""
        shown = dict(self.values)
        for name in ("found", "wanted"):
            if isinstance(shown.get(name), str):
                parts = [f"data.type.{part}" for part in shown[name].split(" | ")]
                if all(map(words.has, parts)):
                    shown[name] = words.t("data.or_type").join(map(words.t, parts))
        return shown


def found(
    code: str, file: str, line: int, pointer: str = "", *, lost: int | None = None, **values: Any
) -> Finding:
    """A finding of ``code`` with its usual severity; an error loses its row."""
    severity: Severity = "warning" if code in _WARNINGS else "info" if code in _INFO else "error"
    rows = lost if lost is not None else int(severity == "error")
    return Finding(code, severity, file, line, pointer, values, rows)


def found_error(error: DanluError, file: str) -> Finding:
    """The finding that stands for a whole source or file that cannot be read."""
    line = error.values.get("line")
    return Finding(
        error.code.partition(".")[2],
        "error",
        file,
        line if isinstance(line, int) else 0,
        error=error,
    )


def at_row(findings: Iterable[Finding], row: int) -> list[Finding]:
    """The findings with the number of the row they speak of."""
    return [replace(finding, row=row) for finding in findings]
