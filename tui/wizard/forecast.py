"""What will run, in a few lines: model, rows, method, steps, time, memory, disk, who chose what."""

from __future__ import annotations

from collections import Counter

from engine import words
from engine.hardware import free_disk_bytes
from engine.home import home
from engine.runs.from_weights import starting_folder
from engine.runs.places import short_target
from engine.spec.parameter import Parameter
from engine.spec.reach import learns_little
from engine.spec.resolve import steps_of
from engine.spec.run_spec import RunSpec
from engine.spec.sections import PARAMETERS
from engine.spec.yaml_form import show_value
from engine.units import human_amount, human_bytes, human_count, human_duration
from tui.memory_word import memory_words
from tui.symbols import sign
from tui.widgets.fact_grid import Fact
from tui.wizard import estimates, findings
from tui.wizard.draft import Draft
from tui.wizard.names import model_name

_VERDICT_STYLES = {"fits": "$jade bold", "tight": "$gold bold", "does_not_fit": "$cinnabar bold"}
UNKNOWN = "–"


def forecast(draft: Draft) -> list[Fact]:
    """The lines of Review, as far as they are known now."""
    spec = draft.resolved()
    say = words.t
    return [
        Fact(say("wizard_review.model"), _model(draft, spec), "bold", wide=True),
        *_begins(spec),
        Fact(say("wizard_review.data"), _data(draft), "bold", wide=True),
        Fact(say("wizard_review.method"), _method(spec), "bold", wide=True),
        Fact(say("wizard_review.steps"), _steps(draft, spec)),
        *_reach(draft, spec),
        Fact(say("wizard_review.time"), _time(draft)),
        _memory(draft),
        Fact(say("wizard_review.disk"), _disk(draft)),
        Fact(say("wizard_review.chosen"), _chosen(spec), "$ash"),
    ]


def _dots(*parts: str) -> str:
    return f" {sign('dot')} ".join(part for part in parts if part)


def _model(draft: Draft, spec: RunSpec) -> str:
    facts = findings.facts(draft)
    counted = (
        words.t("wizard_review.parameters", count=human_count(facts.parameters)) if facts else ""
    )
    away = "" if findings.local_folder(draft) else words.t("wizard_review.fetched_first")
    quantized = spec.model.quantization if spec.model.quantization != "none" else ""
    return _dots(model_name(spec.model.source), counted, spec.model.dtype, quantized, away)


def _begins(spec: RunSpec) -> list[Fact]:
    """Whose weights a run begins with that does not begin with a plain model's."""
    folder = starting_folder(spec)
    if folder is None:
        return []
    return [Fact(words.t("wizard_review.begins"), short_target(str(folder)), "bold")]


def _data(draft: Draft) -> str:
    sources = draft.spec.data.train
    if not sources:
        return UNKNOWN
    report = findings.report(draft)
    names = ", ".join(source.source.rstrip("/").rpartition("/")[2] for source in sources)
    rows = findings.taken_rows(report) if report is not None else None
    counted = words.t("wizard_review.counting") if rows is None else _rows(rows)
    limit = words.t("wizard_review.cut_at", tokens=draft.spec.data.max_length)
    return _dots(names, counted, _held(draft, rows), limit)


def _held(draft: Draft, rows: int | None) -> str:
    """What the run is measured on: rows of its own, else how many of ``rows`` are held back."""
    data = draft.spec.data
    if data.eval:
        names = ", ".join(source.source.rstrip("/").rpartition("/")[2] for source in data.eval)
        return words.t("wizard_review.measured_on", names=names)
    trained = training_rows(draft)
    if rows is None or trained is None or trained >= rows:
        return ""
    return words.t("wizard_review.held_back", rows=human_count(rows - trained))


def _rows(count: int) -> str:
    return human_amount(count, "rows")


def _method(spec: RunSpec) -> str:
    method = spec.method
    name = method.tuner.upper() if method.tuner != "lora" else "LoRA"
    shape = ""
    if method.tuner == "lora":
        shape = f"r {method.lora_rank}, α {method.lora_alpha}, {method.target_modules}"
    if method.tuner == "freeze":
        shape = human_amount(method.freeze_trainable_layers, "layers")
    rate = words.t("wizard_review.rate", rate=show_value(spec.train.learning_rate))
    return _dots(method.stage.upper(), name, shape, rate)


def training_rows(draft: Draft) -> int | None:
    """Rows that will be trained on; None while they are not counted."""
    report = findings.report(draft)
    if report is None:
        return None
    kept = findings.taken_rows(report)
    return max(1, round(kept * (1 - draft.spec.data.eval_fraction)))


def _steps(draft: Draft, spec: RunSpec) -> str:
    rows = training_rows(draft)
    if rows is None and not spec.train.max_steps:
        return UNKNOWN
    train = spec.train
    total = steps_of(spec, rows or 1)
    if train.max_steps or rows is None:
        return words.t("wizard_review.steps_set", steps=total)
    return words.t(
        "wizard_review.steps_sum",
        steps=human_count(total),
        epochs=f"{train.num_train_epochs:g}",
        rows=human_count(rows),
        batch=train.per_device_train_batch_size,
        accumulation=train.gradient_accumulation_steps,
    )


def _reach(draft: Draft, spec: RunSpec) -> list[Fact]:
    rows = training_rows(draft)
    if rows is None or not learns_little(spec, steps_of(spec, rows)):
        return []
    return [Fact("", words.t("wizard_review.learns_little"), "$gold")]


def _estimate(draft: Draft) -> dict[str, object]:
    task = draft.desk.find("estimate")
    return task.result.document() if task is not None and task.result is not None else {}


def _time(draft: Draft) -> str:
    found = findings.pace(draft)
    rows = training_rows(draft)
    if found is None or rows is None:
        return f"{UNKNOWN} {words.t('wizard_review.time_later')}"
    spec = draft.resolved()
    seconds = found.run_seconds(spec, rows, findings.tokens_per_row(draft))
    near = found.told_from
    known = findings.facts(draft)
    # A run counts its adapter, too.
    same = known is not None and 0.8 < near.parameters / known.parameters < 1.25
    key = "time_probed" if near.probed else "time_as" if same else "time_like"
    pace = f"{found.tokens_per_second:.0f}"
    return words.t(f"wizard_review.{key}", time=human_duration(seconds), pace=pace, run=near.run)


def _memory(draft: Draft) -> Fact:
    name = memory_words(bool(draft.machine.gpus), "wizard_review.memory")
    found = _estimate(draft)
    verdict = estimates.verdict(draft)
    if verdict is None:
        task = draft.desk.find("estimate")
        key = "estimating" if task is not None and not task.done else "memory_unknown"
        return Fact(name, f"{UNKNOWN} {words.t(f'wizard_review.{key}')}")
    needed, free = found["required_bytes"], found["free_bytes"]
    assert isinstance(needed, int | float) and isinstance(free, int | float)
    amount = words.t("wizard_memory.of_free", needed=human_bytes(needed), free=human_bytes(free))
    said = words.t(f"memory.verdict.{verdict}")
    return Fact(name, f"{amount} {sign('dot')} {said}", _VERDICT_STYLES[verdict])


def _disk(draft: Draft) -> str:
    needed = _estimate(draft).get("disk_bytes")
    taken = human_bytes(needed) if isinstance(needed, int | float) else UNKNOWN
    free = words.t("wizard.free", size=human_bytes(free_disk_bytes(home())))
    return _dots(taken, free)


def _chosen(spec: RunSpec) -> str:
    who = Counter(spec.origin(path).by for path in _applying(spec))
    order = ("you", "recipe", "machine", "model", "data", "default")
    return _dots(*(f"{words.t(f'origin.by.{by}')} {who[by]}" for by in order if who[by]))


def _applying(spec: RunSpec) -> list[str]:
    values = spec.values()

    def applies(declared: Parameter) -> bool:
        return declared.applies_to(values)

    return [path for path, declared in PARAMETERS.items() if applies(declared)]
