"""Ask an exported folder where its libraries are: ``answer.py KIND FOLDER``. Imports torch and
transformers when called.

``KIND`` is ``onnx`` (ONNX Runtime), ``gptqmodel`` or ``transformers``. Questions come as lines of
JSON on standard input, answers go as lines of JSON to standard output; what libraries print goes to
standard error. The first line that comes out says what the folder itself holds.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def load(kind: str, folder: str) -> Any:
    """The model, as a person with these libraries would load it."""
    if kind == "onnx":
        from optimum.onnxruntime import (  # pyright: ignore[reportMissingImports]
            ORTModelForCausalLM,
        )

        return ORTModelForCausalLM.from_pretrained(folder, local_files_only=True)
    if kind == "gptqmodel":
        if (os.cpu_count() or 1) <= 2:  # as in quantise.py
            os.environ.setdefault("GPTQMODEL_CPU_WORKERS", "2")
        from gptqmodel import GPTQModel  # pyright: ignore[reportMissingImports]

        return GPTQModel.load(folder).model
    import torch
    from transformers import AutoModelForCausalLM

    place = "cuda" if torch.cuda.is_available() else "cpu"
    model = AutoModelForCausalLM.from_pretrained(folder, device_map=place, local_files_only=True)
    return model.eval()


class Folder:
    """An exported folder, opened. Token ids in, token ids out."""

    def __init__(self, kind: str, folder: str) -> None:
        from transformers import AutoTokenizer, GenerationConfig

        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        stops: Any = GenerationConfig.from_pretrained(folder).eos_token_id
        self._stops = stops if isinstance(stops, list) else [stops]
        self._model = load(kind, folder)

    def facts(self) -> dict[str, Any]:
        """Its stop tokens, as ids and texts, and whether it has a chat template."""
        texts = [str(self._tokenizer.convert_ids_to_tokens(number)) for number in self._stops]
        has_own = bool(self._tokenizer.chat_template)
        return {"stops": self._stops, "stop_texts": texts, "template": has_own}

    def render(self, messages: list[dict[str, Any]]) -> str | None:
        """``messages`` as its chat template lays them out; None where that refuses."""
        try:
            return self._tokenizer.apply_chat_template(
                messages, add_generation_prompt=True, tokenize=False
            )
        except Exception:  # a template fails for reasons of its own
            return None

    def read(self, text: str) -> list[int]:
        return self._tokenizer(text, add_special_tokens=False)["input_ids"]

    def text(self, ids: list[int]) -> str:
        return self._tokenizer.decode(ids, skip_special_tokens=True)

    def choices(self, ids: list[int], said: list[int]) -> list[int]:
        """What the model would say at each place of ``said``, given all before it."""
        import torch

        with torch.no_grad():
            logits = self._model(**self._given([*ids, *said])).logits
        return logits[0, len(ids) - 1 : -1].argmax(-1).tolist()

    def answer(self, ids: list[int], limit: int, stops: list[int]) -> list[int]:
        """Up to ``limit`` tokens after ``ids``, without the stop token."""
        given = self._given(ids)
        made = self._model.generate(
            **given,
            max_new_tokens=limit,
            do_sample=False,
            repetition_penalty=1.0,
            eos_token_id=stops,
            pad_token_id=stops[0],
        )[0].tolist()[len(ids) :]
        return made[:-1] if made and made[-1] in stops else made

    def _given(self, ids: list[int]) -> dict[str, Any]:
        import torch

        given = torch.tensor([ids], device=getattr(self._model, "device", "cpu"))
        return {"input_ids": given, "attention_mask": torch.ones_like(given)}


def main() -> None:
    """Answer the questions on standard input, a JSON document a line, on standard output."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries greet on standard output

    def say(document: dict[str, Any]) -> None:
        out.write(json.dumps(document) + "\n")
        out.flush()

    try:
        folder = Folder(sys.argv[1], sys.argv[2])
    except Exception as error:  # each library fails in its own ways; what it says is the answer
        say({"error": f"{type(error).__name__}: {error}"})
        return
    say(folder.facts())
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            say({"result": getattr(folder, asked["ask"])(*asked["with"])})
        except Exception as error:  # as above
            say({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
