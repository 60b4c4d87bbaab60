"""What an export and its checkpoint are asked to be compared. Imports torch when called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from engine.chat.sampling import Sampling
from engine.data.template import TemplateRefuses, chat_template


class Reader(Protocol):
    """What a folder is asked to be compared, wherever its libraries are. Token ids in and out."""

    @property
    def stop_texts(self) -> list[str]: ...

    @property
    def has_template(self) -> bool:
        """Whether it has a chat template of its own: other programs know no fallback."""
        ...

    def render(self, messages: list[dict[str, Any]]) -> str | None:
        """``messages`` as its chat template lays them out; None where that refuses."""
        ...

    def read(self, text: str) -> list[int]: ...

    def text(self, ids: list[int]) -> str: ...

    def choices(self, ids: list[int], said: list[int]) -> list[int]:
        """What the model would say at each place of ``said``, given all before it."""
        ...

    def answer(self, ids: list[int], limit: int, stops: list[int]) -> list[int]:
        """Up to ``limit`` tokens after ``ids``, without the stop token."""
        ...


@dataclass(frozen=True)
class Opened:
    """A live model and its tokenizer. ``stops`` are the ids other programs stop at."""

    model: Any
    tokenizer: Any
    stops: list[int]

    @property
    def stop_texts(self) -> list[str]:
        return [str(self.tokenizer.convert_ids_to_tokens(number)) for number in self.stops]

    @property
    def has_template(self) -> bool:
        return bool(self.tokenizer.chat_template)

    def render(self, messages: list[dict[str, Any]]) -> str | None:
        try:
            return chat_template(self.tokenizer).apply(messages, ask=True)
        except TemplateRefuses:
            return None

    def read(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def text(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=True)

    def choices(self, ids: list[int], said: list[int]) -> list[int]:
        import torch

        device = next(self.model.parameters()).device
        given = torch.tensor([[*ids, *said]], device=device)
        with torch.no_grad():
            logits = self.model(input_ids=given, attention_mask=torch.ones_like(given)).logits
        return logits[0, len(ids) - 1 : -1].argmax(-1).tolist()

    def answer(self, ids: list[int], limit: int, stops: list[int]) -> list[int]:
        from engine.chat.decode import decode

        return [step[0] for step in decode(self.model, [ids], Sampling(), [limit], set(stops))]
