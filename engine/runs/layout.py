"""How a run's folder is laid out: the names in it. One home for each."""

from __future__ import annotations

import re
from pathlib import Path

SPEC_NAME = "spec.yaml"
MARKS_NAME = "marks.json"
TRASH_NAME = ".trash"  # what was set aside and can be brought back
DELETING = ".deleting-"  # what is being deleted for good
_CHECKPOINT = re.compile(r"checkpoint-(\d+)$")


def checkpoint_step(folder: Path | str) -> int:
    """The step in ``checkpoint-<step>``; -1 for another name."""
    match = _CHECKPOINT.fullmatch(folder if isinstance(folder, str) else folder.name)
    return int(match.group(1)) if match else -1
