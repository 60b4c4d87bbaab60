"""Answers by ``transformers serve``, asked in turn through danlu's front. Imports transformers
inside functions only.

It is asked for the continuation of a text (``/v1/completions``), not for a chat completion: the
text is the conversation laid out as in training (:mod:`engine.chat.generate`), so an answer begins
where danlu's own would, and it comes back as it was said, while the chat endpoint lays messages out
by itself and sorts thinking and calls out of what some models say. Answers are streamed even for
who wants them whole: one that is not streamed goes on when its client has left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from engine.chat.generate import room
from engine.chat.sampling import Sampling
from engine.errors import DanluError
from engine.job import Job
from engine.models.locate import locate
from engine.serve.answer import Answer, Heard
from engine.serve.inner import Asking, InnerFault, InnerGone
from engine.serve.plan import Plan, Why
from engine.serve.request import Asked
from engine.serve.speaker import Speaker, sampling_for
from engine.serve.stop_strings import StopStrings
from engine.serve.transformers_fit import options, too_large, unfit
from engine.serve.transformers_serve import TransformersServe
from engine.serve.voice import Changed, Prompt, Voice
from engine.serve.whole_folder import whole_folders

_BROKEN = "\ufffd"  # a character that never became whole
_ONE = Sampling(max_new_tokens=1)


class Unserved(Exception):
    """``transformers serve`` cannot serve the plan."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.code)
        self.why = why


class Relay(Speaker):
    """Answers requests by asking ``inner`` as the voice of each name."""

    def __init__(
        self, inner: TransformersServe, voices: dict[str, Voice], plan: Plan, heard: Heard
    ) -> None:
        super().__init__(plan.named, heard)
        self.inner = inner
        self._voices = voices
        self._broken_off: Voice | None = None

    @classmethod
    def load(cls, plan: Plan, job: Job, heard: Heard) -> Relay:
        """Start ``transformers serve`` and have it load every name, so that none fails later.
        Raises Unserved, and DanluError for a model that is not there or broken."""
        base = locate(plan.model, job).folder.resolve()
        _refuse(unfit(plan.model, plan.named, base))
        if not plan.asked:
            _refuse(too_large(plan.model, plan.named, base))
        job.report("import_libraries")
        inner = TransformersServe(options(plan.model))
        try:
            folders = whole_folders(plan, base, inner.folder)
            voices = {name: Voice.of(each, base) for name, each in folders.items()}
            for voice in voices.values():
                _refuse(voice.unfit())
            _load_all(inner, list(voices.values()), job)
            for voice in voices.values():
                _try(inner, voice)
        except (InnerFault, InnerGone) as error:
            why = _why(error, inner)
            inner.end()
            raise Unserved(why) from error
        except BaseException:
            inner.end()
            raise
        return cls(inner, voices, plan, heard)

    def close(self) -> None:
        super().close()
        self.inner.end()

    def say(self, asked: Asked, answer: Answer) -> None:
        voice = self._voices[asked.model]
        begun = time.monotonic()
        try:
            self._await_last()
            answer.facts = replace(answer.facts, waited=time.monotonic() - begun)
            self._say(asked, answer, voice)
        except InnerFault as error:
            raise _named(error) from error
        except Changed as error:
            why = Why("tokenizer", {"feature": "special tokens"})
            raise DanluError("serve.transformers_refuses", reason=why.text()) from error
        except InnerGone as error:
            if not answer.unwanted():
                raise _ended(self.inner) from error

    def ended(self) -> DanluError | None:
        return _ended(self.inner) if self.inner.process.poll() is not None else None

    def when_ended(self, call: Callable[[], object]) -> None:
        self.inner.when_ended(call)

    def _say(self, asked: Asked, answer: Answer, voice: Voice) -> None:
        start, cut, heard = time.monotonic(), StopStrings(asked.stops), _Count()
        prompt = voice.prompt(asked.messages)
        sampling = sampling_for(asked, voice.advised)
        limit = room(voice.context, prompt.tokens, sampling.max_new_tokens)
        answer.facts = replace(answer.facts, prompt_tokens=prompt.tokens)
        try:
            self._put(answer, cut, prompt.opening)
            with self.inner.complete(voice.body(prompt, sampling, limit)) as asking:
                answer.when_unwanted(asking.close)
                self._broken_off = voice  # until it has said its last word
                self._relay(asking, answer, cut, heard)
            if rest := cut.rest():
                answer.put(rest)
            finish = answer.finish(cut, heard.finish == "length")
            answer.facts = replace(answer.facts, finish=finish)
        finally:
            answer.when_unwanted(lambda: None)
            seconds = round(time.monotonic() - start, 3)
            answer.facts = replace(answer.facts, tokens=heard.tokens, seconds=seconds)

    def _relay(self, asking: Asking, answer: Answer, cut: StopStrings, heard: _Count) -> None:
        for event in asking.events():
            piece = heard.piece(event)
            if heard.finish:
                self._broken_off = None
                return
            self._put(answer, cut, piece)
            if cut.found or answer.unwanted():
                return
        if not answer.unwanted():
            raise InnerGone("the stream ended early")

    @staticmethod
    def _put(answer: Answer, cut: StopStrings, piece: str) -> None:
        if ready := cut.add(piece):
            answer.put(ready)

    def _await_last(self) -> None:
        """Wait until an answer that was broken off has really ended, which is after its next token:
        it would draw from the random state that the next one sets."""
        voice, self._broken_off = self._broken_off, None
        if voice is not None:
            # Asked of the same model it is begun behind it.
            _drained(self.inner, voice.body(Prompt("?", 1, ""), _ONE, 1))


@dataclass
class _Count:
    """What the events of an answer tell."""

    tokens: int = 0
    finish: str | None = None

    def piece(self, event: dict[str, Any]) -> str:
        """The text of ``event``. An event is a token, or several that are one character; the last
        one tells how many they were, with the stop token, which is no part of an answer."""
        choice = event["choices"][0]
        self.finish = choice.get("finish_reason")
        if self.finish:
            said = int(event["usage"]["completion_tokens"])
            self.tokens = said if self.finish == "length" else max(0, said - 1)
            return ""
        self.tokens += 1
        return str(choice.get("text") or "").replace(_BROKEN, "")


def _load_all(inner: TransformersServe, voices: list[Voice], job: Job) -> None:
    for number, voice in enumerate(voices):
        job.report("load_model", number, len(voices))

        def at(current: int, total: int | None, number: int = number) -> None:
            job.report("load_model", number + current / (total or current or 1), len(voices))

        inner.load(voice.folder, at)


def _try(inner: TransformersServe, voice: Voice) -> None:
    """Ask for one token, and see that just what was sent was read."""
    prompt = Prompt("?", len(voice.tokenizer("?")["input_ids"]), "")
    last = _drained(inner, voice.body(prompt, _ONE, 1))
    if last.get("usage", {}).get("prompt_tokens") != prompt.tokens:
        raise Unserved(Why("tokenizer", {"feature": "prompt_tokens"}))


def _drained(inner: TransformersServe, body: dict[str, Any]) -> dict[str, Any]:
    last: dict[str, Any] = {}
    with inner.complete(body) as asking:
        for event in asking.events():
            last = event
    return last


def _refuse(why: Why | None) -> None:
    if why is not None:
        raise Unserved(why)


def _why(error: InnerFault | InnerGone, inner: TransformersServe) -> Why:
    if isinstance(error, InnerFault):
        return Why("failed", {"reason": " ".join(str(error).split())[:300]})
    return Why("gone", {"status": inner.status()})


def _ended(inner: TransformersServe) -> DanluError:
    return DanluError("serve.transformers_ended", exit_code=3, status=inner.status())


def _named(error: InnerFault) -> DanluError:
    if "out of memory" in str(error):
        return DanluError("serve.out_of_memory", exit_code=3)
    return DanluError("serve.transformers_failed", exit_code=3, reason=str(error)[:300])
