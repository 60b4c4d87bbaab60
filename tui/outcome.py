"""What came of a piece of work: a result, a named error, or, when it was cancelled, neither."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.errors import DanluError
from engine.job import Cancelled, Job

Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Result]):
    """How a piece of work ended."""

    result: Result | None = None
    error: DanluError | None = None

    @property
    def cancelled(self) -> bool:
        return self.result is None and self.error is None


def outcome_of(work: Callable[[Job], Result], job: Job) -> Outcome[Result]:
    """Do ``work`` in this thread, whatever befalls it. A fault of ours or of a library is logged
    and named."""
    try:
        return Outcome(work(job))
    except Cancelled:
        return Outcome()
    except DanluError as error:
        return Outcome(error=error)
    except Exception as fault:
        logging.getLogger("danlu").exception("work failed")
        reason = f"{type(fault).__name__}: {fault}"
        return Outcome(error=DanluError("wizard.unexpected", reason=reason, exit_code=3))
