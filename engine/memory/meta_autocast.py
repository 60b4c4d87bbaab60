"""Leave to use ``torch.autocast`` on the meta device, which has no dtype for it: models and
adapters that turn it off for some lines of theirs would not trace. Imports torch: import it inside
functions only.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch

_autocast: Any = torch.autocast
_lock = threading.Lock()
_open = 0


@contextmanager
def autocast_on_meta() -> Iterator[None]:
    """While any is open, autocast on the meta device does nothing; elsewhere it is as ever, so that
    other threads do not notice."""
    global _open
    with _lock:
        _open += 1
        torch.autocast = _tolerant  # type: ignore[assignment, misc]
    try:
        yield
    finally:
        with _lock:
            _open -= 1
            if not _open:
                torch.autocast = _autocast  # type: ignore[misc]


def _tolerant(device_type: str, *rest: Any, **options: Any) -> Any:
    return nullcontext() if device_type == "meta" else _autocast(device_type, *rest, **options)
