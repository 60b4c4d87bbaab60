"""Memory that ran out while answering, as a named error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.errors import DanluError


@contextmanager
def named_out_of_memory(batch_size: int) -> Iterator[None]:
    """Raises DanluError ``evaluate.out_of_memory`` in place of what the libraries raise."""
    from engine.train.failures import is_out_of_memory

    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise DanluError("evaluate.out_of_memory", exit_code=3, batch_size=batch_size) from error
