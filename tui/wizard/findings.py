"""What the wizard asks the engine: the models here, facts, the tokenizer, the check, the pace.

``ask_…`` start work where none is done for the spec as it is now; the others only look at what is
known. Nothing here waits.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DanluError
from engine.job import Job
from engine.runs.rates import Pace, pace_for, shape_of
from engine.spec.stages import sequences_a_row
from tui.wizard.desk import Task
from tui.wizard.draft import Draft

if TYPE_CHECKING:
    from engine.data.check import Report, SourceReport
    from engine.models.describe import ModelFacts
    from engine.models.locate import LocatedModel
    from engine.models.shelf import ShelfEntry
    from engine.spec.sections import Source


def ask_shelf(draft: Draft) -> Task[list[ShelfEntry]]:
    """The models on this machine."""

    def look(job: Job) -> list[ShelfEntry]:
        from engine.models.shelf import shelf

        return shelf()

    return draft.desk.ask("shelf", "shelf", look)


def ask_here(draft: Draft, source: str) -> Task[LocatedModel | None]:
    """Where the model is on this machine; None as result where it is not."""
    model = replace(draft.spec.model, source=source)

    def look(job: Job) -> LocatedModel | None:
        from engine.models.locate import locate_here

        return locate_here(model, job)

    return draft.desk.ask(f"here {source}", (source, model.hub, model.revision), look)


def local_folder(draft: Draft, source: str | None = None) -> Path | None:
    """Where ``source`` (else the draft's model) is on this machine; None while it is not, or while
    that is still being looked at."""
    source = source or draft.spec.model.source
    fetched = draft.desk.find("fetch")
    if fetched is not None and fetched.result is not None and fetched.result.source == source:
        return fetched.result.folder
    here = ask_here(draft, source).result
    return here.folder if here is not None else None


def ask_facts(draft: Draft, source: str) -> Task[ModelFacts] | None:
    """What the model is; None where it is not on this machine."""
    folder = local_folder(draft, source)
    if folder is None:
        return None

    def look(job: Job) -> ModelFacts:
        from engine.models.describe import describe

        return describe(folder)

    return draft.desk.ask(f"facts {source}", folder, look)


def facts(draft: Draft) -> ModelFacts | None:
    """The facts of the draft's model, as far as they are known."""
    task = draft.desk.find(f"facts {draft.spec.model.source}")
    return task.result if task else None


def model_error(draft: Draft, source: str | None = None) -> DanluError | None:
    """Why the model (``source``, else the draft's) cannot be used, as far as is known."""
    source = source or draft.spec.model.source
    tasks = (draft.desk.find(f"{name} {source}") for name in ("here", "facts"))
    return next((task.error for task in tasks if task is not None and task.error), None)


def ask_fetch(draft: Draft) -> Task[LocatedModel]:
    """Fetch the draft's model now, by a job that goes on when the wizard, or danlu, is left."""
    model = draft.spec.model

    def fetch(job: Job) -> LocatedModel:
        from tui.fetching import fetch_model

        return fetch_model(model, job)

    return draft.desk.ask("fetch", (model.source, model.hub), fetch, lasts=True)


def coming(draft: Draft, source: str) -> bool:
    """Whether ``source`` is being fetched."""
    task = draft.desk.find("fetch")
    return task is not None and not task.done and task.key == (source, draft.spec.model.hub)


def pin_fetched(draft: Draft, found: LocatedModel) -> None:
    """Name in the spec the very commit that was fetched, where the person named none."""
    model = draft.spec.model
    if found.source == model.source and model.revision is None and found.pin:
        draft.change(found.pin, by="machine")


def ask_tokenizer(draft: Draft) -> Task[Any] | None:
    """The tokenizer of the model; None where the model is not here. The first one imports
    transformers, which takes seconds."""
    folder = local_folder(draft)
    if folder is None:
        return None
    trust = draft.spec.model.trust_remote_code

    def load(job: Job) -> Any:
        from engine.models.load import load_tokenizer

        return load_tokenizer(folder, trust_remote_code=trust)

    return draft.desk.ask("tokenizer", (folder, trust), load)


def tokenizer(draft: Draft) -> Any | None:
    """The model's tokenizer; None while it is being loaded, or cannot be."""
    task = ask_tokenizer(draft)
    return task.result if task else None


def warming(draft: Draft) -> bool:
    """Whether the tokenizer is still being loaded."""
    task = draft.desk.find("tokenizer")
    return task is not None and not task.done


def ask_check(draft: Draft) -> Task[Report] | None:
    """The check of the draft's rows; again, with lengths, as soon as there is a tokenizer. None
    without rows."""
    data = draft.spec.data
    if not data.train:
        return None
    coder = tokenizer(draft)
    stage = draft.spec.method.stage
    key = repr((data, stage, str(local_folder(draft)) if coder is not None else None))

    def look(job: Job) -> Report:
        from engine.data.check import check
        from engine.data.role_names import propose_roles
        from tui.fetching import bring_data

        bring_data(draft, job)
        found = check(
            data.train,
            stage=stage,
            tokenizer=coder,
            max_length=data.max_length,
            over_long=data.over_long,
            fill=data.fill,
            system=data.system,
            mask_history=data.mask_history,
            train_on_prompt=data.train_on_prompt,
            seed=draft.spec.train.seed,
            held=data.eval,
            eval_fraction=data.eval_fraction,
            job=job,
        )
        propose_roles(data.train, found.sources, job)
        return found

    return draft.desk.ask("check", key, look)


def report(draft: Draft) -> Report | None:
    """The newest finished check of the rows as they are now."""
    task = draft.desk.find("check")
    return task.result if task else None


def is_local(source: Source) -> bool:
    """Whether a source is a file or folder of this machine."""
    return Path(source.source).expanduser().exists()


def check_error(draft: Draft) -> DanluError | None:
    """What the newest check of the rows failed of."""
    task = draft.desk.find("check")
    return task.error if task else None


def unfilled(draft: Draft) -> list[str]:
    """The placeholders in the rows that have no value yet."""
    found = report(draft)
    if found is None:
        return []
    names = (f.values["name"] for f in found.findings if f.code == "unfilled_placeholder")
    known = {name.casefold() for name in draft.spec.data.fill}
    return [name for name in dict.fromkeys(names) if name.casefold() not in known]


def _checked(draft: Draft) -> list[tuple[SourceReport, Source]]:
    """What was found in each source, beside the source; one may have been taken out since."""
    found = report(draft)
    reports = found.sources if found is not None else []
    return list(zip(reports, draft.spec.data.train, strict=False))


def proposals(draft: Draft) -> dict[int, tuple[dict[str, str], dict[str, str]]]:
    """The columns and tags danlu proposes, by the place of the source whose columns it does not
    know."""
    from engine.data.column_option import parse_columns

    made = {}
    for index, (source, given) in enumerate(_checked(draft)):
        told = (f.error.values if f.error is not None else f.values for f in source.findings)
        option = next((str(values["option"]) for values in told if values.get("option")), "")
        if option and not (given.tags or (given.columns and not source.rows)):
            made[index] = parse_columns(option)
    return made


def row_sizes(draft: Draft) -> tuple[int | None, int | None]:
    """The number of rows to train on and the longest in tokens, as far as the check told."""
    found = report(draft)
    if found is None:
        return None, None
    return taken_rows(found), max(found.lengths, default=None)


def taken_rows(found: Report) -> int:
    """Rows that would be trained: kept and, where a source is sampled, taken."""
    return sum(source.taken for source in found.sources)


def can_look_at_rows(draft: Draft) -> bool:
    """Whether there are rows to be paged through: those of files can be while they are checked."""
    found = report(draft)
    if found is not None:
        return taken_rows(found) > 0
    sources = draft.spec.data.train
    return check_error(draft) is None and bool(sources) and all(map(is_local, sources))


def renamings(draft: Draft) -> dict[int, Source]:
    """What the sources would be by the names a hub knows them by, where it was asked for others."""
    from engine.data.reference import renamed

    made = {}
    for index, (source, given) in enumerate(_checked(draft)):
        for error in (finding.error for finding in source.findings):
            if error is not None and error.code == "hub.called_otherwise":
                name, other = error.values["name"], str(error.values["other"])
                made[index] = renamed(given, name, other)
    return made


def other_stage(draft: Draft) -> tuple[str, str] | None:
    """The stage that the rows are for, where it is another one, and what taking it means, in
    words."""
    for source, _ in _checked(draft):
        for error in (finding.error for finding in source.findings):
            for fix in error.fixes if error is not None else ():
                stage = (fix.set or {}).get("method.stage")
                if error is not None and stage not in (None, draft.spec.method.stage):
                    return stage, error.fix_text(fix)
    return None


def ask_pace(draft: Draft, *, again: bool = False) -> Task[Pace | None] | None:
    """What a run like the draft is to reach, told from the runs there were; ``again`` after one
    more was measured. None before the model's size is known."""
    known = facts(draft)
    if known is None:
        return None
    if again:
        draft.desk.forget("pace")
    spec = draft.resolved()
    wanted = shape_of(spec, known.parameters, draft.machine.device_name)
    return draft.desk.ask("pace", repr(wanted), lambda job: pace_for(wanted))


def pace(draft: Draft) -> Pace | None:
    """What a run like the draft is to reach; None while nothing tells it."""
    task = draft.desk.find("pace")
    return task.result if task else None


def tokens_per_row(draft: Draft) -> float | None:
    """How long the rows are that will be trained on, cut ones as they are cut and both sides of
    pairs as if they were alike; None while they are not counted."""
    found = report(draft)
    longest = draft.spec.data.max_length
    lengths = [min(length, longest) for length in found.lengths] if found is not None else []
    sides = sequences_a_row(draft.spec.method.stage)
    return sides * sum(lengths) / len(lengths) if lengths else None
