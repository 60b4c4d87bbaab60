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
from engine.export.artefact import Opened, open_artefact, open_checkpoint
from engine.export.compared import Compared, ComparedRow, compare_tokens, threshold
from engine.export.modelfile import probes
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
    with quiet():
        return _compare(origin, folder, format, quant, prompts, modelfile_equal, job)


def _compare(
    origin: ExportOrigin,
    folder: Path,
    format: str,
    quant: str,
    prompts: list[Prompt],
    modelfile_equal: bool | None,
    job: Job,
) -> Compared:
    start = time.monotonic()
    job.report("load_model")
    reference = _reference(open_checkpoint(origin), prompts, job)
    gc.collect()
    job.report("load_model")
    opened = open_artefact(origin, folder, format)
    job.report("export_ask_artefact", 0, len(prompts), "questions")
    rows = []
    for number, (prompt, answer) in enumerate(zip(prompts, reference.answers, strict=True)):
        rows.append(_row(opened, prompt, answer, set(reference.stops)))
        job.report("export_ask_artefact", number + 1, len(prompts), "questions")
    # No template of its own: other programs would not fall back to the one danlu would take.
    has_own = bool(opened.tokenizer.chat_template)
    rendered = _rendered(opened.tokenizer) if has_own else []
    return Compared(
        rows=rows,
        threshold=threshold(format, quant),
        template_equal=rendered == reference.rendered,
        tokenizer_equal=_reads_alike(opened.tokenizer, reference),
        stops_checkpoint=reference.stop_texts,
        stops_artefact=_token_texts(opened.tokenizer, opened.stops),
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
    rendered = _rendered(opened.tokenizer)
    return Reference(
        answers,
        opened.stops,
        _token_texts(opened.tokenizer, opened.stops),
        rendered,
        [_ids(opened.tokenizer, text) for text in rendered if text],
    )


def _prompt_text(tokenizer: Any, prompt: Prompt) -> str:
    template = chat_template(tokenizer)
    messages, tools, _ = adapted(template, prompt.messages, prompt.tools)
    return template.apply(messages, tools, ask=True)


def _row(opened: Opened, prompt: Prompt, answer: Answered, stops: set[int]) -> ComparedRow:
    chosen = _choices(opened.model, answer.ids, answer.said)
    agree, parted = compare_tokens(answer.said, chosen, stops)
    own = answer.said
    if parted is not None:
        begun = [*answer.said[:parted], chosen[parted]]
        ended = chosen[parted] in stops
        own = begun if ended else _continued(opened, answer.ids, begun, prompt.limit, stops)
    checkpoint, artefact = (
        opened.tokenizer.decode(ids, skip_special_tokens=True) for ids in (answer.said, own)
    )
    return ComparedRow(prompt.asked, checkpoint, artefact, len(answer.said), agree, parted)


def _continued(
    opened: Opened, ids: list[int], begun: list[int], limit: int, stops: set[int]
) -> list[int]:
    """The artefact's own answer, that began with ``begun``."""
    from engine.chat.decode import decode

    rest = decode(opened.model, [[*ids, *begun]], Sampling(), [limit - len(begun)], stops)
    return [*begun, *(step[0] for step in rest)]


def _choices(model: Any, ids: list[int], said: list[int]) -> list[int]:
    """What the model would say at each place of ``said``, given all before it."""
    import torch

    if not said:
        return []
    device = next(model.parameters()).device
    given = torch.tensor([[*ids, *said]], device=device)
    with torch.no_grad():
        logits = model(input_ids=given, attention_mask=torch.ones_like(given)).logits
    return logits[0, len(ids) - 1 : -1].argmax(-1).tolist()


def _rendered(tokenizer: Any) -> list[str | None]:
    """The probes as other programs lay them out; None for one the template refuses, or where there
    is no template."""
    return [_render(tokenizer, probe) for probe in probes()]


def _render(tokenizer: Any, messages: list[dict[str, Any]]) -> str | None:
    try:
        return chat_template(tokenizer).apply(messages, ask=True)
    except Exception:  # a template fails for reasons of its own
        return None


def _ids(tokenizer: Any, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def _reads_alike(tokenizer: Any, reference: Reference) -> bool:
    texts = [text for text in reference.rendered if text]
    return [_ids(tokenizer, text) for text in texts] == reference.read


def _token_texts(tokenizer: Any, ids: list[int]) -> list[str]:
    return [str(tokenizer.convert_ids_to_tokens(number)) for number in ids]
