"""A run that was, once more with other settings: in Review first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tui.wizard.draft import Draft
from tui.wizard.flow import open_draft

if TYPE_CHECKING:
    from engine.runs.store import Run
    from tui.app import DanluApp


def review_again(app: DanluApp, run: Run, change: Mapping[str, Any]) -> None:
    """Open Review on the spec of ``run`` with ``change``, for a new run. Raises DanluError where
    the spec cannot be read or the change does not fit it."""
    draft = Draft(run.spec())
    draft.reset_name()
    draft.change(change)
    open_draft(app, draft, "review")
