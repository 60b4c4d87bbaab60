"""Watch prompts: the person's own questions, answered by the model as it learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.runs.journal import JournalWriter

if TYPE_CHECKING:
    from engine.spec.run_spec import RunSpec


class Watcher:
    """Answers the watch prompts at temperature 0 and journals each as a ``sample`` event."""

    def __init__(self, spec: RunSpec, tokenizer: Any, journal: JournalWriter) -> None:
        self._spec = spec
        self._tokenizer = tokenizer
        self._journal = journal

    def ask(self, model: Any, step: int) -> None:
        """Ask every prompt; step 0 is the model before training."""
        from engine.chat.generate import Sampling, answer_batch

        watch, system = self._spec.watch, self._spec.data.system
        start = [{"role": "system", "content": system}] if system else []
        conversations = [[*start, {"role": "user", "content": text}] for text in watch.prompts]
        sampling = Sampling(temperature=0.0, max_new_tokens=watch.max_new_tokens)
        answers = answer_batch(model, self._tokenizer, conversations, sampling)
        for prompt, text in zip(watch.prompts, answers, strict=True):
            self._journal.write("sample", step=step, prompt=prompt, text=text)
