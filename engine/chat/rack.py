"""The models in memory, each with the adapters that were put on it. Imports torch inside functions
only."""

from __future__ import annotations

import gc
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.chat.adapters import adapter_bytes, put_on
from engine.chat.part import Part
from engine.chat.switch import Switch
from engine.errors import DanluError, reason_of
from engine.hardware import Machine, machine
from engine.job import Job
from engine.spec.sections import Model
from engine.units import human_bytes

SPARE = 1.3  # a second model is kept beside the first where this times its weights are free
_HELD = {"float32": 4.0, "nf4": 0.6, "int8": 1.1}  # bytes a parameter; else 2


@dataclass
class Loaded:
    """A model in memory. ``bytes`` are its weights' without adapters; ``adapters`` are by the names
    PEFT knows them by."""

    model: Any
    tokenizer: Any
    bytes: int
    adapters: dict[Path, str] = field(default_factory=dict)
    tokenizers: dict[Path, Any] = field(default_factory=dict)
    _switch: Switch | None = None

    def speaking_as(self, adapter: Path | None) -> AbstractContextManager[Any]:
        """Let the model speak with ``adapter``, or as if it had none, inside the block. Quick
        enough to be done at every token."""
        if not self.adapters:
            return nullcontext()
        if self._switch is None:
            self._switch = Switch(self.model)
        return self._switch.to(self.adapters[adapter] if adapter else None)

    def put_on(self, folder: Path) -> None:
        """Put an adapter on the model, beside those it has. Raises DanluError
        ``chat.wrong_base``; the model is spoilt then."""
        name = f"adapter{len(self.adapters)}"
        self.model = put_on(self.model, folder, name)
        self.adapters[folder] = name
        self._switch = None  # the new one may stand in more layers

    def tokenizer_of(self, part: Part) -> Any:
        return self.tokenizers[part.reader] if part.reader else self.tokenizer

    def adapter_bytes(self, adapter: Path | None) -> int:
        """What ``adapter`` takes on top of the model."""
        return adapter_bytes(self.model, self.adapters[adapter]) if adapter else 0


class Rack:
    """Loads each model once, however many parts stand on it."""

    def __init__(self, on: Machine) -> None:
        self.machine = on
        self._models: dict[Model, Loaded] = {}

    def ready(self, part: Part, job: Job, *, beside: bool = False) -> Loaded:
        """The loaded model that speaks as ``part``. Where two models do not fit, the first gives
        its place; with ``beside`` it stays, and DanluError ``chat.no_room`` is raised. Raises
        DanluError of ``chat.*`` and ``model.*``, Cancelled."""
        loaded = self._models.get(part.model) or self._load(part.model, job, beside)
        if part.adapter is not None and part.adapter not in loaded.adapters:
            self._add_adapter(loaded, part)
        if part.reader is not None and part.reader not in loaded.tokenizers:
            from engine.models.load import load_tokenizer

            trust = part.model.trust_remote_code
            loaded.tokenizers[part.reader] = load_tokenizer(part.reader, trust_remote_code=trust)
        return loaded

    def holds(self, part: Part) -> bool:
        """Whether the part's model is in memory already."""
        return part.model in self._models

    def drop(self, model: Model) -> None:
        """Give a model's memory back."""
        self._models.pop(model, None)
        self._collect()

    def keep_only(self, models: set[Model]) -> None:
        """Give back the memory of every other model."""
        for model in self._models.keys() - models:
            self.drop(model)

    def clear(self) -> None:
        """Give all memory back."""
        self._models.clear()
        self._collect()

    def _add_adapter(self, loaded: Loaded, part: Part) -> None:
        if part.adapter is None:
            return
        try:
            loaded.put_on(part.adapter)
        except DanluError:
            # What did not fit may be half on the model: the next answer loads it afresh.
            self.drop(part.model)
            raise

    def _load(self, model: Model, job: Job, beside: bool) -> Loaded:
        if model.source.endswith(".gguf"):
            return self._load_gguf(model, job, beside)
        from engine.models.load import load_model, load_tokenizer
        from engine.models.locate import locate

        located = locate(model, job)
        self._make_room(_weights(located.folder, model, self.machine), model, beside)
        job.report("load_model")
        live = load_model(located.folder, model, self.machine, for_training=False)
        trust = model.trust_remote_code
        tokenizer = load_tokenizer(located.folder, trust_remote_code=trust)
        return self._keep(model, live, tokenizer)

    def _load_gguf(self, model: Model, job: Job, beside: bool) -> Loaded:
        """A GGUF file, its weights dequantised by transformers' reader: the words are those the
        file gives, the memory is not."""
        path = Path(model.source)
        if not path.is_file():
            raise DanluError("model.not_found", source=model.source)
        self._make_room(path.stat().st_size * 2, model, beside)
        job.report("load_model")
        import torch

        from engine.export.gguf_artefact import open_gguf
        from engine.models.load import compute_dtype
        from engine.models.quiet import quiet

        try:
            with quiet():
                opened = open_gguf(path, getattr(torch, compute_dtype(model, self.machine)))
        except Exception as error:  # of any kind: the reader fails in its own ways
            reason = reason_of(error)
            raise DanluError("export.cannot_open", folder=path, reason=reason) from error
        opened.model.generation_config.eos_token_id = opened.stops
        return self._keep(model, opened.model, opened.tokenizer)

    def _keep(self, model: Model, live: Any, tokenizer: Any) -> Loaded:
        loaded = Loaded(live, tokenizer, int(live.get_memory_footprint()))
        self._models[model] = loaded
        return loaded

    def _make_room(self, needed: int, model: Model, beside: bool) -> None:
        """Before a model joins others: unless both fit, refuse it or give their memory back."""
        free = machine().free_bytes
        if not self._models or free >= SPARE * needed:
            return
        if beside:
            name = Path(model.source).name
            wanted = human_bytes(SPARE * needed)
            raise DanluError("chat.no_room", model=name, needed=wanted, free=human_bytes(free))
        self.clear()

    def _collect(self) -> None:
        gc.collect()
        if self.machine.gpu:
            import torch

            torch.cuda.empty_cache()


def _weights(folder: Path, model: Model, on: Machine) -> int:
    """Bytes the weights in ``folder`` take once loaded as ``model`` asks."""
    from engine.models.describe import describe
    from engine.models.load import compute_dtype

    facts = describe(folder)
    if facts.quantized:
        return facts.weight_bytes
    held = compute_dtype(model, on) if model.quantization == "none" else model.quantization
    return int(facts.parameters * _HELD.get(held, 2.0))
