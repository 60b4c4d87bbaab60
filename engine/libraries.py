"""Importing the heavy libraries, one thread at a time.

transformers swaps itself for a lazy module while it is imported: a second thread that imports it at
that moment gets the wrong one ("cannot import name …"). So whoever needs it asks here first.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Iterator

from engine.hardware import take_one_card

_LOCK = threading.Lock()


@contextlib.contextmanager
def _without_hints() -> Iterator[None]:
    """bitsandbytes, which peft imports, warns of an optional package wherever it is missing."""
    logger = logging.getLogger("bitsandbytes")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def import_model_libraries() -> None:
    """torch, transformers and peft, with the modules nearly all work on models needs."""
    with _LOCK, _without_hints():
        if "torch" not in sys.modules:
            take_one_card()
        import peft  # noqa: F401
        import torch  # noqa: F401
        from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer  # noqa: F401
        from transformers.modeling_utils import PreTrainedModel  # noqa: F401


def import_training_libraries() -> None:
    """What training needs beyond that: datasets, accelerate, trl."""
    import_model_libraries()
    with _LOCK:
        import accelerate  # noqa: F401
        import datasets  # noqa: F401
        from transformers import TrainerCallback  # noqa: F401
        from trl.trainer.sft_trainer import SFTTrainer  # noqa: F401
