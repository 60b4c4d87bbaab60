"""What the model said of each pair before it was trained: kept with the run, so that a run that is
resumed measures against the very same numbers, and needs no second model for it.

Imports numpy when called.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DanluError
from engine.runs.atomic import write_atomically


@dataclass(frozen=True)
class Reference:
    """The log-probabilities in ``folder``, for the rows that ``key`` stands for. ``untrained`` says
    whether the model that is loaded is the one from before the first step."""

    folder: Path
    key: str
    untrained: bool

    def found(self, name: str, rows: int) -> Any | None:
        """An array of shape [rows, 2]: those of the better and of the worse answers; None where
        they were not computed yet. Raises DanluError ``train.reference_gone`` where they cannot be
        any more."""
        import numpy

        try:
            with numpy.load(self._path(name), allow_pickle=False) as kept:
                if str(kept["key"]) == self.key and kept["logps"].shape == (rows, 2):
                    return kept["logps"]
        except (OSError, ValueError, KeyError, EOFError):
            pass
        if not self.untrained:
            raise DanluError("train.reference_gone", run=self.folder.name)
        return None

    def keep(self, name: str, logps: Any) -> None:
        """Write them, whole or not at all. Raises OSError."""
        import numpy

        file = io.BytesIO()
        numpy.savez(file, key=numpy.array(self.key), logps=logps)
        write_atomically(self._path(name), file.getvalue())

    def _path(self, name: str) -> Path:
        return self.folder / f"reference-{name}.npz"
