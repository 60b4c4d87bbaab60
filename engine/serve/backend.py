"""Who serves: vLLM, ``transformers serve`` or danlu's own server, and who chose so and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DanluError
from engine.hardware import machine
from engine.serve import transformers_fit, vllm
from engine.serve.plan import Backend, Named, Why
from engine.spec.sections import Model


@dataclass(frozen=True)
class Choice:
    """``asked`` is whether a person named it; else ``why`` says what danlu chose it for."""

    backend: Backend
    asked: bool = False
    why: tuple[Why, ...] = ()


def choose_backend(wanted: str, model: Model, named: Sequence[Named]) -> Choice:
    """``wanted`` (``auto`` or a backend) decided. ``auto`` takes vLLM where it is installed, a card
    is there and it can, else ``transformers serve`` where its libraries are there and it answers as
    what was tuned does, else danlu's own. Raises DanluError when one that is asked for by name
    cannot do it."""
    if wanted == "danlu":
        return Choice("danlu", asked=True)
    if wanted == "vllm":
        vllm.refuse_unfit(named)
        return Choice("vllm", asked=True)
    if wanted == "transformers":
        if why := transformers_fit.unfit(model, named, _here(model)):
            raise transformers_fit.refusal(why)
        return Choice("transformers", asked=True)
    passed_over = [vllm.passed_over(named)]
    if passed_over == [None]:
        return Choice("vllm", why=(Why("vllm"),))
    passed_over.append(_transformers_passed_over(model, named))
    why = tuple(each for each in passed_over if each)
    return Choice("danlu" if len(why) == 2 else "transformers", why=why)


def _transformers_passed_over(model: Model, named: Sequence[Named]) -> Why | None:
    if missing := transformers_fit.missing_libraries():
        return Why("libraries", {"packages": ", ".join(missing)})
    base = _here(model)
    try:
        why = transformers_fit.unfit(model, named, base)
    except DanluError as error:  # whoever serves says it again, where a server's failures are said
        return Why("failed", {"reason": error.what})
    return why or transformers_fit.too_large(model, named, base)


def _here(model: Model) -> Path | None:
    """Where the model lies on this machine; None while it is to be fetched."""
    from engine.chat.held import held_here

    found = held_here(model, machine())
    return found.place if found else None
