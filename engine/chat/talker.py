"""One loaded model to talk to: as it was before tuning, or with any adapter on top of it; and other
models beside it where memory allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.chat.generate import Message, Said, Tools, answer_batch, stream_answer
from engine.chat.part import Part, adapter_part, base_part, part_of, tuned_part
from engine.chat.rack import Loaded, Rack
from engine.chat.sampling import Sampling
from engine.chat.target import ChatTarget, resolve_target
from engine.hardware import Machine, machine
from engine.job import Job

# Whose answer: "tuned" (what the target names), None (the base), an adapter's folder on that base,
# or any other part.
Voice = Literal["tuned"] | Path | Part | None


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


@dataclass(frozen=True)
class Footprint:
    """What a part holds in memory: its model's weights, its adapter's on top. ``shared`` says that
    another part stood on the same model before."""

    model_bytes: int
    adapter_bytes: int
    shared: bool


class Talker:
    """Answers as the base or as what was tuned. Any thread may ask; one answer is made at a time,
    and the next waits. :meth:`cancel` ends the one under way."""

    def __init__(self, target: ChatTarget, on: Machine) -> None:
        self.target = target
        self.machine = on
        self.spoken: Spoken | None = None
        self._rack = Rack(on)
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
        found.tell(job or Job())
        talker._ready("tuned" if found.tuned else None, job or Job())
        return talker

    @classmethod
    def open(cls, text: str | None, base: str | None = None, job: Job | None = None) -> Talker:
        """Load all that :func:`engine.chat.part.part_of` understands, exports too; ``base`` names
        the model below an adapter. Raises as :meth:`load`."""
        part = part_of(text, base)
        if part.kind == "tuned":
            return cls.load(resolve_target(text, base=base), job=job)
        talker = cls(ChatTarget(part.model, part.label), machine())
        talker.add(part, job)
        return talker

    def part(self, voice: Voice) -> Part:
        """The model and adapter that speak as ``voice``. Raises DanluError ``chat.no_tuned``."""
        if isinstance(voice, Part):
            return voice
        if voice is None:
            return base_part(self.target)
        return tuned_part(self.target) if voice == "tuned" else adapter_part(self.target, voice)

    def add(self, part: Part, job: Job | None = None) -> Footprint:
        """Make ``part`` ready beside what is loaded. Raises as :meth:`load`, and DanluError
        ``chat.no_room`` where its model does not fit beside the others."""
        with self._turn:
            shared = self._rack.holds(part)
            loaded = self._rack.ready(part, job or Job(), beside=True)
            return Footprint(loaded.bytes, loaded.adapter_bytes(part.adapter), shared)

    def keep_only(self, parts: Sequence[Part]) -> None:
        """Give back the memory of models none of ``parts`` stands on."""
        with self._turn:
            self._rack.keep_only({part.model for part in parts})

    def give_way(self) -> None:
        """Give the memory back where another process is to load as much: what is asked next loads
        the models again. Waits for the answer under way."""
        with self._turn:
            self._rack.give_way()

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
            part = self.part(adapter)
            loaded = self._ready(part, job or Job())
            start = time.monotonic()
            try:
                with loaded.speaking_as(part.adapter):
                    yield from stream_answer(
                        loaded.model,
                        loaded.tokenizer_of(part),
                        messages,
                        sampling,
                        counted.stop,
                        counted.add,
                    )
            finally:
                seconds = time.monotonic() - start
                held = _memory_bytes(loaded.model)
                self.spoken = Spoken(counted.tokens, seconds, held, counted.stopped)

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
        on_done: Callable[[int, Said], None] | None = None,
        job: Job | None = None,
    ) -> list[str]:
        """The answer of ``adapter`` to each conversation, as
        :func:`engine.chat.generate.answer_batch` makes them."""
        counted = _Count(stop or (lambda: False), self._cancelled)
        with self.lent(adapter, job) as (model, tokenizer):
            return answer_batch(
                model,
                tokenizer,
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
            part = self.part(adapter)
            loaded = self._ready(part, job or Job())
            with loaded.speaking_as(part.adapter):
                yield loaded.model, loaded.tokenizer_of(part)

    @contextmanager
    def round(self) -> Iterator[Callable[[Part], Loaded]]:
        """Keep the turn for several parts that speak alternately: gives what makes one ready,
        beside the others (DanluError ``chat.no_room`` where it does not fit)."""
        with self._speaking():
            yield lambda part: self._rack.ready(part, Job(), beside=True)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, without special ones."""
        part = self.part(None)
        read = self._ready(part, Job()).tokenizer_of(part)
        return [len(read(text, add_special_tokens=False)["input_ids"]) for text in texts]

    @property
    def cancelled(self) -> bool:
        """Whether the answer under way is to end."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """End the answer under way after its next token; later ones are not touched."""
        if self._turn.locked():
            self._cancelled.set()

    def close(self) -> None:
        """End the answer under way and give the memory back."""
        self._cancelled.set()
        with self._turn:
            self._rack.clear()

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        with self._turn:
            self._cancelled.clear()
            yield

    def _ready(self, voice: Voice, job: Job) -> Loaded:
        """The loaded model that speaks with ``voice``."""
        return self._rack.ready(self.part(voice), job)


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
