"""What the Model step says of one model, as names and values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine import words
from engine.catalogue import model_of
from engine.hardware import free_disk_bytes
from engine.home import home
from engine.units import human_amount, human_bytes, human_count
from tui.model_marks import model_marks
from tui.symbols import sign
from tui.widgets.fact_grid import Fact
from tui.wizard import findings
from tui.wizard.draft import Draft
from tui.wizard.names import short_path

if TYPE_CHECKING:
    from engine.models.describe import ModelFacts


def model_facts(draft: Draft, source: str) -> list[Fact]:
    """The facts of ``source``, as far as they are known now."""
    task = findings.ask_facts(draft, source)
    error = findings.model_error(draft, source)
    if error is not None:
        lead = f"{sign('no')} {error}"
        fixes = [Fact("", error.fix_text(fix), wide=True) for fix in error.fixes]
        return [Fact("", lead, "$cinnabar", wide=True), *fixes]
    if task is None:
        return _not_here(draft, source)
    if task.result is None:
        return [Fact("", words.t("wizard_model.looking"), "$ash", wide=True)]
    folder = findings.local_folder(draft, source)
    return [*_facts(task.result), *_cautions(task.result), *_place(folder)]


def _facts(facts: ModelFacts) -> list[Fact]:
    say = words.t
    shape = f"{facts.layers} × {facts.hidden_size}"
    context = human_amount(facts.context_length, "tokens")
    thinking = say("wizard.yes") if facts.thinking else say("wizard.no")
    return [
        Fact(say("wizard_model.parameters"), human_count(facts.parameters), "bold"),
        Fact(say("wizard_model.size"), human_bytes(facts.weight_bytes), "bold"),
        Fact(say("wizard_model.dtype"), facts.quantized or facts.dtype),
        Fact(say("wizard_model.layers"), shape),
        Fact(say("wizard_model.context"), context),
        Fact(say("wizard_model.thinking"), thinking),
        Fact(say("wizard_model.license"), facts.license or say("wizard_model.license_unknown")),
        Fact(say("wizard_model.kind"), facts.model_type),
    ]


def _cautions(facts: ModelFacts) -> list[Fact]:
    found = []
    if not facts.chat_template:
        found.append(_caution("wizard_model.no_template"))
    if not facts.generates:
        found.append(_caution("wizard_model.writes_nothing"))
    return found


def _caution(key: str) -> Fact:
    return Fact("", f"{sign('warn')} {words.t(key)}", "$gold", wide=True)


def _place(folder: Path | None) -> list[Fact]:
    where = (
        []
        if folder is None
        else [Fact(words.t("wizard_model.folder"), short_path(folder), "$ash", wide=True)]
    )
    return [*where, _disk()]


def _from_catalogue(source: str) -> list[Fact]:
    """What the catalogue says of a model that is not on this machine."""
    known = model_of(source)
    if known is None:
        return []
    say = words.t
    facts = [
        Fact(say("wizard_model.parameters"), human_count(known.parameters), "bold"),
        Fact(say("wizard_model.size"), human_bytes(known.weight_bytes()), "bold"),
    ]
    if known.context:
        context = human_amount(known.context, "tokens")
        facts.append(Fact(say("wizard_model.context"), context))
    if known.license:
        facts.append(Fact(say("wizard_model.license"), known.license))
    if model_marks(known):
        facts.append(Fact(say("catalogue.marks"), model_marks(known)))
    return facts


def _disk() -> Fact:
    free = human_bytes(free_disk_bytes(home()))
    return Fact(words.t("wizard_model.disk"), words.t("wizard.free", size=free))


def _not_here(draft: Draft, source: str) -> list[Fact]:
    hub = words.t(f"param_model.hub.choices.{draft.spec.model.hub}")
    if source == "embedded":
        hub = words.t("wizard_model.or_pypi", hubs=hub)
    if not findings.ask_here(draft, source).done:
        return [Fact("", words.t("wizard_model.looking"), "$ash", wide=True)]
    key = "coming" if findings.coming(draft, source) else "not_here"
    return [
        Fact("", words.t(f"wizard_model.{key}"), wide=True),
        *_from_catalogue(source),
        Fact(words.t("wizard_model.hub"), hub, wide=True),
        _disk(),
    ]
