"""The models in memory, each with the adapters that were put on it. Imports torch inside functions
only."""

from __future__ import annotations

import gc
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.chat.adapters import adapter_bytes, put_on
from engine.chat.held import GGUF, Held, held, held_here
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
    """Loads each model once, however many parts stand on it and whatever they call it."""

    def __init__(self, on: Machine) -> None:
        self.machine = on
        self._models: dict[Held, Loaded] = {}
        self._known: dict[Model, Held] = {}

    def ready(self, part: Part, job: Job, *, beside: bool = False) -> Loaded:
        """The loaded model that speaks as ``part``. Where two models do not fit, the first gives
        its place; with ``beside`` it stays, and DanluError ``chat.no_room`` is raised. Raises
        DanluError of ``chat.*`` and ``model.*``, Cancelled."""
        weights = self._weights(part.model, job)
        loaded = self._models.get(weights) or self._load(weights, part.model, job, beside)
        if part.adapter is not None and part.adapter not in loaded.adapters:
            self._add_adapter(loaded, part)
        if part.reader is not None and part.reader not in loaded.tokenizers:
            from engine.models.load import load_tokenizer

            trust = part.model.trust_remote_code
            loaded.tokenizers[part.reader] = load_tokenizer(part.reader, trust_remote_code=trust)
        return loaded

    def holds(self, part: Part) -> bool:
        """Whether the part's model is in memory already."""
        known = self._known.get(part.model) or held_here(part.model, self.machine)
        return known in self._models

    def drop(self, model: Model) -> None:
        """Give a model's memory back."""
        self._models.pop(self._known[model], None)
        self._collect()

    def keep_only(self, models: set[Model]) -> None:
        """Give back the memory of every other model."""
        kept = {self._known[model] for model in models if model in self._known}
        for weights in self._models.keys() - kept:
            del self._models[weights]
        self._collect()

    def give_way(self) -> None:
        """Give all memory back, unless as much again is free."""
        taken = sum(loaded.bytes for loaded in self._models.values())
        if machine().free_bytes < SPARE * taken:
            self.clear()

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

    def _weights(self, model: Model, job: Job) -> Held:
        if model not in self._known:
            self._known[model] = held(model, self.machine, job)
        return self._known[model]

    def _load(self, weights: Held, model: Model, job: Job, beside: bool) -> Loaded:
        if weights.place.suffix == GGUF:
            return self._load_gguf(weights, model, job, beside)
        from engine.models.load import load_model, load_tokenizer

        folder = weights.place
        self._make_room(_bytes_of(weights), model, beside)
        job.report("load_model")
        live = load_model(folder, model, self.machine, for_training=False)
        tokenizer = load_tokenizer(folder, trust_remote_code=model.trust_remote_code)
        return self._keep(weights, live, tokenizer)

    def _load_gguf(self, weights: Held, model: Model, job: Job, beside: bool) -> Loaded:
        """A GGUF file, its weights dequantised by transformers' reader: the words are those the
        file gives, the memory is not."""
        path = weights.place
        self._make_room(path.stat().st_size * 2, model, beside)
        job.report("load_model")
        import torch

        from engine.export.gguf_artefact import open_gguf
        from engine.models.quiet import quiet

        try:
            with quiet():
                opened = open_gguf(path, getattr(torch, weights.dtype))
        except Exception as error:  # of any kind: the reader fails in its own ways
            reason = reason_of(error)
            raise DanluError("export.cannot_open", folder=path, reason=reason) from error
        opened.model.generation_config.eos_token_id = opened.stops
        return self._keep(weights, opened.model, opened.tokenizer)

    def _keep(self, weights: Held, live: Any, tokenizer: Any) -> Loaded:
        loaded = Loaded(live, tokenizer, int(live.get_memory_footprint()))
        self._models[weights] = loaded
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


def _bytes_of(weights: Held) -> int:
    """Bytes they take once loaded."""
    from engine.models.describe import describe

    facts = describe(weights.place)
    if facts.quantized:
        return facts.weight_bytes
    kind = weights.dtype if weights.quantization == "none" else weights.quantization
    return int(facts.parameters * _HELD.get(kind, 2.0))
