"""Keeping the libraries' bars and warnings off the screen. Imports transformers when called."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator

from engine.libraries import import_model_libraries

_LOUD = ("transformers", "accelerate", "bitsandbytes", "peft", "torch.distributed", "httpx")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Within it no library draws a progress bar or prints a warning; errors are raised as ever."""
    import_model_libraries()
    from transformers.utils import logging as transformers_logging

    levels = {name: logging.getLogger(name).level for name in _LOUD}
    bars = transformers_logging.is_progress_bar_enabled()
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.ERROR)
    transformers_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        if bars:
            transformers_logging.enable_progress_bar()
