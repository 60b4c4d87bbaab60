"""An exported folder, opened as another program would open it. Imports torch when called."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.chat.adapters import put_on
from engine.errors import DanluError, reason_of
from engine.export.elsewhere_reader import ElsewhereReader, kind_and_tool
from engine.export.opened import Opened, Reader
from engine.export.origin import ExportOrigin
from engine.export.tool_python import TOOLS
from engine.hardware import machine
from engine.job import Job
from engine.libraries import import_model_libraries
from engine.models.load import compute_dtype, device_of, load_model, load_tokenizer
from engine.models.quiet import quiet
from engine.models.stop_tokens import stop_token_ids


def open_checkpoint(origin: ExportOrigin) -> Opened:
    """The checkpoint itself: base and adapter apart, or a fully tuned model."""
    here = machine()
    model: Any = load_model(origin.weights, origin.model, here, for_training=False)
    if origin.adapter is not None:
        model = put_on(model, origin.adapter, "default")
    tokenizer = load_tokenizer(
        origin.tokenizer_folder, trust_remote_code=origin.target.base.trust_remote_code
    )
    return Opened(model, tokenizer, stop_token_ids(tokenizer, origin.weights))


@contextlib.contextmanager
def opened_artefact(origin: ExportOrigin, folder: Path, format: str, job: Job) -> Iterator[Reader]:
    """The artefact in ``folder``, in a process of its own where danlu's libraries cannot read it.
    Raises DanluError ``export.cannot_open`` where it does not load."""
    if format in TOOLS:
        kind, tool = kind_and_tool(folder, format)
        with ElsewhereReader(tool, kind, folder, job) as reader:
            yield reader
        return
    try:
        with quiet():
            opened = _open(origin, folder, format)
    except DanluError:
        raise
    except Exception as error:  # of any kind: each format fails in its own library's ways
        reason = reason_of(error)
        raise DanluError("export.cannot_open", folder=folder, reason=reason) from error
    yield opened


def _open(origin: ExportOrigin, folder: Path, format: str) -> Opened:
    if format == "adapter":
        base = load_model(origin.weights, origin.model, machine(), for_training=False)
        tokenizer = load_tokenizer(folder)
        # An adapter says nothing of stop tokens; its base and its tokenizer do.
        return Opened(put_on(base, folder, "default"), tokenizer, stop_token_ids(tokenizer, base))
    if format == "gguf":
        from engine.export.gguf_artefact import open_gguf

        return open_gguf(next(folder.glob("*.gguf")), _dtype(origin))
    import_model_libraries()
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    options: dict[str, Any] = {"device_map": {"": device_of(machine())}, "local_files_only": True}
    if format == "merged":
        options["dtype"] = _dtype(origin)
    trust = origin.target.base.trust_remote_code
    model = AutoModelForCausalLM.from_pretrained(str(folder), trust_remote_code=trust, **options)
    tokenizer = AutoTokenizer.from_pretrained(str(folder), trust_remote_code=trust)
    stops: Any = GenerationConfig.from_pretrained(str(folder)).eos_token_id
    return Opened(model.eval(), tokenizer, stops if isinstance(stops, list) else [stops])


def _dtype(origin: ExportOrigin) -> Any:
    """What the checkpoint computes in, so that only the export can make a difference."""
    import torch

    return getattr(torch, compute_dtype(origin.model, machine()))
