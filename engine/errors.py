"""The one error type for what a person can cause or meet: what happened, why, what to do."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import words


@dataclass(frozen=True)
class Fix:
    """One way out. ``name`` is its word key below the error's; ``set`` is the change to the spec
    (dotted parameter → value) that applies it, where one key can."""

    name: str
    set: Mapping[str, Any] | None = None


class DanluError(Exception):
    """A named failure. ``code`` is ``area.name``: its words stand in ``error_<area>.toml`` under
    ``[name]`` as ``what``, ``why`` and ``fixes.<fix>``; ``values`` fill their placeholders.

    Without ``fixes`` every fix the catalogue names for the code is offered as a sentence.
    ``exit_code`` is what a command ends with: 1 the person's input or data, 3 the work failed.
    """

    def __init__(
        self, code: str, *, fixes: Sequence[Fix] | None = None, exit_code: int = 1, **values: Any
    ) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
        self.exit_code = exit_code
        self.fixes = tuple(fixes) if fixes is not None else self._catalogue_fixes()

    @property
    def _key(self) -> str:
        return f"error_{self.code}"

    def _catalogue_fixes(self) -> tuple[Fix, ...]:
        prefix = f"{self._key}.fixes"
        return tuple(Fix(key[len(prefix) + 1 :]) for key in words.keys_below(prefix))

    @property
    def what(self) -> str:
        return words.t(f"{self._key}.what", **self.values)

    @property
    def why(self) -> str:
        return words.t(f"{self._key}.why", **self.values)

    def fix_text(self, fix: Fix) -> str:
        """The sentence that offers ``fix``."""
        return words.t(f"{self._key}.fixes.{fix.name}", **self.values)

    def __str__(self) -> str:
        return words.sentences(self.what, self.why)

    def document(self) -> dict[str, Any]:
        """The JSON form: ``{code, what, why, fixes: [{name, text, set}], values}``."""
        return {
            "code": self.code,
            "what": self.what,
            "why": self.why,
            "fixes": [
                {
                    "name": fix.name,
                    "text": self.fix_text(fix),
                    "set": dict(fix.set) if fix.set else None,
                }
                for fix in self.fixes
            ],
            "values": {key: _plain(value) for key, value in self.values.items()},
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> DanluError:
        """The error that a document tells of, in the words of the language in use; in its own where
        another version of danlu wrote it and the catalogue has no such words."""
        told = [each for each in document.get("fixes") or () if "name" in each]
        fixes = [Fix(each["name"], each.get("set")) for each in told] or None
        exit_code = document.get("exit_code", 1)
        try:
            error = cls(document["code"], fixes=fixes, exit_code=exit_code, **document["values"])
            error.document()
        except (KeyError, FileNotFoundError):
            told_then = {name: document.get(name, document["code"]) for name in ("what", "why")}
            return cls("app.as_written", exit_code=exit_code, **told_then)
        return error


class DanluErrors(DanluError):
    """Several named failures found together, as the checks of a spec find them."""

    def __init__(self, errors: Sequence[DanluError]) -> None:
        first = errors[0]
        super().__init__(first.code, fixes=first.fixes, exit_code=first.exit_code, **first.values)
        self.errors = tuple(errors)

    def document(self) -> dict[str, Any]:
        return {**super().document(), "all": [error.document() for error in self.errors]}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


def reason_of(error: BaseException) -> str:
    """The first line of what a library says of its failure, for the words of an error of ours."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def fault_of(error: BaseException) -> str:
    """The same with the name of its type before it, for a fault nobody foresaw."""
    reason, kind = reason_of(error), type(error).__name__
    return kind if reason == kind else f"{kind}: {reason}"


def is_disk_full(error: BaseException) -> bool:
    """Whether a disk, or a person's share of it, had no room left."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    # safetensors, written in Rust, only says so.
    return f"(os error {errno.ENOSPC})" in str(error)
