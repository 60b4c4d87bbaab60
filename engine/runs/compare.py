"""Two runs, checkpoints, exports or averages side by side: curves, losses, scores, and the settings
that differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.runs.made import find_made
from engine.runs.made_side import side_of_made
from engine.runs.places import find_checkpoint
from engine.runs.side import Side, side_of
from engine.spec.run_spec import RunSpec, plain
from engine.spec.sections import PARAMETERS
from engine.spec.typed import show_value

_NOT_COMPARED = ("run.name",)


@dataclass(frozen=True)
class Comparison:
    """``differing`` lists setting, value in ``a``, value in ``b``, as a spec writes them."""

    a: Side
    b: Side
    differing: list[tuple[str, str, str]]

    @property
    def of_one_run(self) -> bool:
        """Whether both come of the same training."""
        return self.a.run is not None and self.a.run == self.b.run

    def document(self) -> dict[str, Any]:
        """``{a, b, differing: [{setting, a, b}]}``; a and b as :meth:`Side.document` says."""
        differing = [{"setting": name, "a": one, "b": two} for name, one, two in self.differing]
        return {"a": self.a.document(), "b": self.b.document(), "differing": differing}


def compare(one: str, two: str) -> Comparison:
    """Compare two by name or path: runs (which stand for their best checkpoint, else their last),
    checkpoints, exports, averages. Reads the journals. Raises DanluError ``run.*``."""
    a, b = (_side(text) for text in (one, two))
    return Comparison(a, b, differing(a.spec, b.spec))


def _side(text: str) -> Side:
    made = find_made(text)
    return side_of(find_checkpoint(text)) if made is None else side_of_made(made.folder)


def differing(a: RunSpec | None, b: RunSpec | None) -> list[tuple[str, str, str]]:
    """The settings in which two specs differ, in the order of the declarations."""
    if a is None or b is None:
        return []
    return [
        (path, show_value(plain(a.get(path))), show_value(plain(b.get(path))))
        for path in PARAMETERS
        if path not in _NOT_COMPARED and plain(a.get(path)) != plain(b.get(path))
    ]
