"""One served name as ``transformers serve`` is to speak it: what it is given to read, and how it is
told to answer. Imports transformers inside functions only."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.chat.generate import opening_of, prompt_text
from engine.chat.sampling import Sampling
from engine.errors import DanluError
from engine.serve.plan import Why

_TRIAL = [{"role": "user", "content": "?"}]
_GIVEN = {"input_ids", "attention_mask"}
_THINKING = ("<think>", "</think>")


class Changed(Exception):
    """``transformers serve`` would read other tokens than the model learned to read."""


@dataclass(frozen=True)
class Prompt:
    """A conversation laid out as in training: the text to send, how many tokens it is, and what of
    the answer stands in it already."""

    text: str
    tokens: int
    opening: str


@dataclass(frozen=True)
class Voice:
    """``folder`` is the one it is loaded from, ``stops`` end its answers, ``advised`` is its
    authors' generation config, ``context`` how many tokens it reads at most."""

    folder: Path
    tokenizer: Any
    stops: tuple[int, ...]
    advised: Any
    context: int | None

    @classmethod
    def of(cls, folder: Path, base: Path) -> Voice:
        """The voice of a folder of :mod:`engine.serve.whole_folder` whose weights are those of
        ``base``. Raises DanluError ``model.no_tokenizer``."""
        from transformers import AutoConfig

        from engine.models.load import load_tokenizer, stop_token_ids

        tokenizer: Any = load_tokenizer(folder)
        config: Any = AutoConfig.from_pretrained(str(base), local_files_only=True)
        stops = stop_token_ids(tokenizer, base)
        context = getattr(config, "max_position_embeddings", None)
        return cls(folder, tokenizer, tuple(stops), _advised(base, config), context)

    def unfit(self) -> Why | None:
        """Why its text would not come through unchanged; None where it does."""
        if not hasattr(self.tokenizer, "_tokenizer"):
            return Why("tokenizer", {"feature": type(self.tokenizer).__name__})
        given = set(self.tokenizer(_TRIAL[0]["content"]))
        if given - _GIVEN:
            return Why("tokenizer", {"feature": ", ".join(sorted(given - _GIVEN))})
        for token in self.tokenizer.added_tokens_decoder.values():
            if token.special and token.content in _THINKING:  # it shows no special token
                return Why("tokenizer", {"feature": token.content})
        try:
            self.prompt(_TRIAL)
        except Changed:
            return Why("tokenizer", {"feature": "special tokens"})
        except DanluError:  # its template refuses this one; that is each request's own matter
            pass
        return None

    def prompt(self, messages: list[dict[str, Any]]) -> Prompt:
        """``messages`` as they are sent. Raises DanluError when the template refuses them,
        Changed."""
        text = prompt_text(self.tokenizer, messages)
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        # What it sends through the tokenizer gets the first special token once more.
        for sent in (text, text.removeprefix(self.tokenizer.bos_token or "")):
            if self.tokenizer(sent)["input_ids"] == ids:
                return Prompt(sent, len(ids), opening_of(text))
        raise Changed

    def body(self, prompt: Prompt, sampling: Sampling, limit: int) -> dict[str, Any]:
        """The request for an answer of at most ``limit`` tokens. All that shapes it is said here:
        what is left out, ``transformers serve`` would take from elsewhere."""
        config: dict[str, Any] = {
            "max_new_tokens": limit,
            "eos_token_id": list(self.stops),
            "pad_token_id": self.tokenizer.pad_token_id,
            "do_sample": sampling.temperature > 0,
            "num_beams": 1,
            "use_cache": True,
            "repetition_penalty": float(sampling.repetition_penalty),
        }
        if sampling.temperature > 0:
            config |= {
                "temperature": float(sampling.temperature),
                "top_p": float(sampling.top_p),
                "top_k": sampling.top_k,
            }
        # Its random state is one for all requests: none is to go on with the last one's.
        seed = secrets.randbits(62) if sampling.seed is None else sampling.seed
        return {
            "model": str(self.folder),
            "prompt": prompt.text,
            "generation_config": json.dumps(config),
            "seed": seed,
        }


def _advised(base: Path, config: Any) -> Any:
    from transformers import GenerationConfig

    try:
        return GenerationConfig.from_pretrained(str(base), local_files_only=True)
    except OSError:  # an older model says it in its config
        return GenerationConfig.from_model_config(config)
