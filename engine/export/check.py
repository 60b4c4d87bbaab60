"""Proving an export: the checkpoint's answers read by the artefact. Imports torch when called."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.chat.sampling import Sampling
from engine.data.adapted import adapted
from engine.data.template import chat_template
from engine.export.artefact import open_checkpoint, opened_artefact
from engine.export.compared import Compared, ComparedRow, compare_tokens, threshold
from engine.export.modelfile import probes
from engine.export.opened import Opened, Reader
from engine.export.origin import ExportOrigin
from engine.export.prompts import Prompt
from engine.job import Job
from engine.models.quiet import quiet

_BATCH = 8


@dataclass(frozen=True)
class Answered:
    """What the checkpoint made of a prompt: its text, ids, and the ids it answered with, the token
    that ended the answer among them."""

    text: str
    ids: list[int]
    said: list[int]


@dataclass(frozen=True)
class Reference:
    """The checkpoint's side of a comparison. ``rendered`` are the probes as its template lays them
    out, ``read`` their ids."""

    answers: list[Answered]
    stops: list[int]
    stop_texts: list[str]
    rendered: list[str | None]
    read: list[list[int]]


@quiet()
def compare(
    origin: ExportOrigin,
    folder: Path,
    format: str,
    quant: str,
    prompts: list[Prompt],
    modelfile_equal: bool | None,
    job: Job,
) -> Compared:
    """Ask checkpoint and artefact the same. Raises DanluError ``export.cannot_open``, Cancelled."""
    start = time.monotonic()
    job.report("load_model")
    reference = _reference(open_checkpoint(origin), prompts, job)
    gc.collect()
    job.report("load_model")
    with opened_artefact(origin, folder, format, job) as opened:
        job.report("export_ask_artefact", 0, len(prompts), "questions")
        rows = []
        for number, (prompt, answer) in enumerate(zip(prompts, reference.answers, strict=True)):
            rows.append(_row(opened, prompt, answer, reference.stops))
            job.report("export_ask_artefact", number + 1, len(prompts), "questions")
        rendered = _rendered(opened) if opened.has_template else []
        return Compared(
            rows=rows,
            threshold=threshold(format, quant),
            template_equal=rendered == reference.rendered,
            tokenizer_equal=_read(opened, reference.rendered) == reference.read,
            stops_checkpoint=reference.stop_texts,
            stops_artefact=opened.stop_texts,
            modelfile_equal=modelfile_equal,
            seconds=time.monotonic() - start,
        )


def _reference(opened: Opened, prompts: list[Prompt], job: Job) -> Reference:
    from engine.chat.decode import answering, decode

    texts = [_prompt_text(opened.tokenizer, prompt) for prompt in prompts]
    ids = [opened.tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    answers: list[Answered] = []
    job.report("export_ask_checkpoint", 0, len(prompts), "questions")
    with answering(opened.model):
        for first in range(0, len(ids), _BATCH):
            group = ids[first : first + _BATCH]
            limits = [prompt.limit for prompt in prompts[first : first + _BATCH]]
            said: list[list[int]] = [[] for _ in group]
            for step in decode(opened.model, group, Sampling(), limits, set(opened.stops)):
                for row, token in step.items():
                    said[row].append(token)
                job.check()
            for row, (own, limit) in enumerate(zip(said, limits, strict=True)):
                # decode leaves out the token that ends an answer; that it comes is part of it.
                ended = opened.stops[:1] if len(own) < limit else []
                answers.append(Answered(texts[first + row], group[row], [*own, *ended]))
            job.report("export_ask_checkpoint", len(answers), len(prompts), "questions")
    rendered = _rendered(opened)
    read = _read(opened, rendered)
    return Reference(answers, opened.stops, opened.stop_texts, rendered, read)


def _prompt_text(tokenizer: Any, prompt: Prompt) -> str:
    template = chat_template(tokenizer)
    messages, tools, _ = adapted(template, prompt.messages, prompt.tools)
    return template.apply(messages, tools, ask=True)


def _row(opened: Reader, prompt: Prompt, answer: Answered, stops: list[int]) -> ComparedRow:
    chosen = opened.choices(answer.ids, answer.said) if answer.said else []
    agree, parted = compare_tokens(answer.said, chosen, set(stops))
    own, ended = answer.said, True
    if parted is not None:
        own = [*answer.said[:parted], chosen[parted]]
        if chosen[parted] not in stops:
            own += opened.answer([*answer.ids, *own], prompt.limit - len(own), stops)
            ended = len(own) < prompt.limit
    checkpoint, artefact = opened.text(answer.said), opened.text(own)
    ends = ended if answer.said and answer.said[-1] in stops else None
    return ComparedRow(prompt.asked, checkpoint, artefact, len(answer.said), agree, parted, ends)


def _rendered(opened: Reader) -> list[str | None]:
    """The probes as other programs lay them out; None for one the template refuses, or where there
    is no template."""
    return [opened.render(probe) for probe in probes()]


def _read(opened: Reader, texts: list[str | None]) -> list[list[int]]:
    return [opened.read(text) for text in texts if text]
