"""One loaded model to talk to: as it was before tuning, or with any adapter on top of it."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.chat.adapters import put_on
from engine.chat.generate import Message, Tools, answer_batch, stream_answer
from engine.chat.sampling import Sampling
from engine.chat.target import ChatTarget, resolve_target
from engine.errors import DanluError
from engine.hardware import Machine, machine
from engine.job import Job
from engine.spec.sections import Model

# Whose answer: "tuned" (what the target names), None (the base), or an adapter's folder.
Voice = Literal["tuned"] | Path | None
_SPARE = 1.3  # a second model is kept beside the first where this times its weights are free


@dataclass(frozen=True)
class Spoken:
    """What the last answer took. ``memory_bytes`` is the most this process held on the card, or the
    model's own size where there is no card."""

    tokens: int
    seconds: float
    memory_bytes: int
    stopped: bool

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds if self.seconds > 0 else 0.0


@dataclass
class _Loaded:
    """A model in memory and the names PEFT knows its adapters by."""

    model: Any
    tokenizer: Any
    adapters: dict[Path, str]


class Talker:
    """Answers as the base or as what was tuned. Any thread may ask; one answer is made at a time,
    and the next waits. :meth:`cancel` ends the one under way."""

    def __init__(self, target: ChatTarget, on: Machine) -> None:
        self.target = target
        self.machine = on
        self.spoken: Spoken | None = None
        self._models: dict[Model, _Loaded] = {}
        self._turn = threading.Lock()
        self._cancelled = threading.Event()

    @classmethod
    def load(
        cls, target: ChatTarget | str, on: Machine | None = None, job: Job | None = None
    ) -> Talker:
        """Load what ``target`` names and be ready to answer as ``tuned`` (as the base where nothing
        was tuned). Raises DanluError of ``chat.*`` and ``model.*``, Cancelled."""
        found = resolve_target(target) if isinstance(target, str) else target
        talker = cls(found, on or machine())
        talker._ready("tuned" if found.tuned else None, job or Job())
        return talker

    def stream(
        self,
        messages: list[Message],
        sampling: Sampling,
        adapter: Voice = "tuned",
        stop: Callable[[], bool] | None = None,
        job: Job | None = None,
    ) -> Generator[str, None, None]:
        """Yield the answer of ``adapter`` piece by piece; afterwards :attr:`spoken` has its facts.
        Raises DanluError as :meth:`load` and :func:`engine.chat.generate.stream_answer` do."""
        counted = _Count(stop or (lambda: False), self._cancelled)
        with self._speaking():
            loaded = self._ready(adapter, job or Job())
            start = time.monotonic()
            try:
                with self._as_voice(loaded, adapter):
                    yield from stream_answer(
                        loaded.model,
                        loaded.tokenizer,
                        messages,
                        sampling,
                        counted.stop,
                        counted.add,
                    )
            finally:
                self._note(loaded, counted, start)

    def answer_batch(
        self,
        conversations: Sequence[list[Message]],
        sampling: Sampling,
        adapter: Voice = "tuned",
        *,
        batch_size: int = 16,
        limits: Sequence[int] | None = None,
        tools: Sequence[Tools] | None = None,
        stop: Callable[[], bool] | None = None,
        on_done: Callable[[int, str], None] | None = None,
        job: Job | None = None,
    ) -> list[str]:
        """The answer of ``adapter`` to each conversation, as
        :func:`engine.chat.generate.answer_batch` makes them."""
        counted = _Count(stop or (lambda: False), self._cancelled)
        with self._speaking():
            loaded = self._ready(adapter, job or Job())
            with self._as_voice(loaded, adapter):
                return answer_batch(
                    loaded.model,
                    loaded.tokenizer,
                    conversations,
                    sampling,
                    batch_size=batch_size,
                    limits=limits,
                    tools=tools,
                    stop=counted.stop,
                    on_done=on_done,
                )

    @contextmanager
    def lent(self, adapter: Voice = "tuned", job: Job | None = None) -> Iterator[tuple[Any, Any]]:
        """The model, speaking as ``adapter``, and its tokenizer, while the block runs. Raises
        DanluError as :meth:`load` does."""
        with self._speaking():
            loaded = self._ready(adapter, job or Job())
            with self._as_voice(loaded, adapter):
                yield loaded.model, loaded.tokenizer

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, without special ones."""
        read = self._ready(None, Job()).tokenizer
        return [len(read(text, add_special_tokens=False)["input_ids"]) for text in texts]

    def cancel(self) -> None:
        """End the answer under way after its next token; later ones are not touched."""
        if self._turn.locked():
            self._cancelled.set()

    def close(self) -> None:
        """End the answer under way and give the memory back."""
        self._cancelled.set()
        with self._turn:
            self._unload()

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        with self._turn:
            self._cancelled.clear()
            yield

    def _ready(self, voice: Voice, job: Job) -> _Loaded:
        """The loaded model that speaks with ``voice``."""
        if voice == "tuned" and self.target.tuned is None:
            raise DanluError("chat.no_tuned", target=self.target.label)
        own = voice == "tuned" and self.target.weights is not None
        loaded = self._model(self.target.tuned_model if own else self.target.base, job)
        folder = self._adapter_of(voice)
        if folder is not None and folder not in loaded.adapters:
            self._add_adapter(loaded, folder)
        return loaded

    def _add_adapter(self, loaded: _Loaded, folder: Path) -> None:
        name = f"adapter{len(loaded.adapters)}"
        try:
            loaded.model = put_on(loaded.model, folder, name)
        except DanluError:
            # What did not fit may be half on the model: the next answer loads it afresh.
            self._unload()
            raise
        loaded.adapters[folder] = name

    def _adapter_of(self, voice: Voice) -> Path | None:
        return self.target.adapter if voice == "tuned" else voice

    def _as_voice(self, loaded: _Loaded, voice: Voice) -> AbstractContextManager[Any]:
        folder = self._adapter_of(voice)
        if folder is not None:
            loaded.model.set_adapter(loaded.adapters[folder])
            return nullcontext()
        return loaded.model.disable_adapter() if loaded.adapters else nullcontext()

    def _model(self, model: Model, job: Job) -> _Loaded:
        from engine.models.load import load_model, load_tokenizer
        from engine.models.locate import locate

        if model not in self._models:
            located = locate(model, job)
            self._make_room(located.folder)
            job.report("load_model")
            self._models[model] = _Loaded(
                model=load_model(located.folder, model, self.machine, for_training=False),
                tokenizer=load_tokenizer(
                    self._tokenizer_folder(located.folder),
                    trust_remote_code=model.trust_remote_code,
                ),
                adapters={},
            )
        return self._models[model]

    def _tokenizer_folder(self, model_folder: Path) -> Path:
        """An adapter's own tokenizer where it has one: its chat template is the one it learned."""
        adapter = self.target.adapter
        return (
            adapter if adapter and (adapter / "tokenizer_config.json").is_file() else model_folder
        )

    def _make_room(self, folder: Path) -> None:
        """Before the base joins a fully tuned model, or the other way round, give the first one's
        memory back unless both fit."""
        weights = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
        if self._models and machine().free_bytes < _SPARE * weights:
            self._unload()

    def _unload(self) -> None:
        self._models.clear()
        gc.collect()
        if self.machine.gpu:
            import torch

            torch.cuda.empty_cache()

    def _note(self, loaded: _Loaded, counted: _Count, start: float) -> None:
        seconds = time.monotonic() - start
        self.spoken = Spoken(counted.tokens, seconds, _memory_bytes(loaded.model), counted.stopped)


class _Count:
    """Counts an answer's tokens and hears who wants it to end."""

    def __init__(self, stop: Callable[[], bool], cancelled: threading.Event) -> None:
        self._stop = stop
        self._cancelled = cancelled
        self.tokens = 0
        self.stopped = False

    def add(self) -> None:
        self.tokens += 1

    def stop(self) -> bool:
        self.stopped = self.stopped or self._cancelled.is_set() or self._stop()
        return self.stopped


def _memory_bytes(model: Any) -> int:
    import torch

    device = model.get_input_embeddings().weight.device
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    return int(model.get_memory_footprint())
