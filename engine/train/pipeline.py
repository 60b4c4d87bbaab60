"""One training from its spec to its last checkpoint, phase by phase.

Torch and what stands on it are imported inside the functions.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DanluError
from engine.hardware import Machine, free_disk_bytes, machine
from engine.job import Job
from engine.libraries import import_training_libraries
from engine.models.describe import has_experts
from engine.runs.extend import extensions_of
from engine.runs.from_weights import lineage
from engine.runs.journal import JournalWriter
from engine.runs.store import Run, checkpoint_step
from engine.runs.summary import summarise
from engine.spec.reach import learns_little
from engine.spec.resolve import epochs_of, resolve, resolve_model, resolve_steps, steps_of
from engine.spec.run_spec import RunSpec
from engine.spec.yaml_form import show_value
from engine.train.card import machine_facts, versions, write_card
from engine.train.checkpoints import CheckpointShelf, why_not_resumable
from engine.train.conductor import Conductor
from engine.train.control import Control
from engine.train.lengthen import Lengthening
from engine.train.pin import pin_data, pin_model
from engine.train.reference import Reference
from engine.train.same_rows import refuse_other_rows, rows_key
from engine.units import human_bytes

if TYPE_CHECKING:
    from engine.data.prepare import Prepared
    from engine.models.locate import LocatedModel


@dataclass
class Pipeline:
    """The parts of one training that every phase uses; ``resume`` continues its checkpoint."""

    run: Run
    spec: RunSpec
    journal: JournalWriter
    job: Job
    control: Control
    resume: bool

    def work(self) -> str:
        """Train to the end. Returns the status the run ends with: ``finished`` or ``stopped``.

        Raises DanluError for what the person can mend and Cancelled when aborted."""
        started = time.time()
        self.journal.write("status", status="preparing")
        self.job.report("import_libraries")
        import_training_libraries()
        checkpoint = self._checkpoint()
        here = machine()
        self.spec = resolve(self.spec, here)
        trainer, conductor, steps = self._trainer(here, checkpoint)
        self.control.training_begins()
        conductor.status("training")
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        return self._end(conductor, trainer.state.global_step, steps, time.time() - started)

    def _checkpoint(self) -> Path | None:
        """The checkpoint to continue. Raises DanluError when it cannot be resumed exactly."""
        folder = self.run.last_checkpoint() if self.resume else None
        if folder is None:
            return None
        missing = why_not_resumable(folder)
        if missing:
            raise DanluError(
                "train.not_resumable", checkpoint=folder.name, missing=", ".join(missing)
            )
        self.log("resumed", step=checkpoint_step(folder))
        return folder

    def _trainer(self, here: Machine, checkpoint: Path | None) -> tuple[Any, Conductor, int]:
        """What trains, what leads it, and to which step."""
        from engine.models.locate import locate
        from engine.train.assemble import Parts, assemble

        start = self._start(checkpoint)
        untrained = start is self.spec
        located = locate(start.model, self.job)
        tokenizer, prepared = self._rows(start, located, resumes=checkpoint is not None)
        steps = self._steps(prepared)
        model = self._model(start, located, here)
        self.job.report("build_trainer")
        plan = self._plan(model, prepared, steps, here, located.source)
        self._check_disk(model)
        self._write_card(located, prepared, here, fresh=checkpoint is None)
        step = checkpoint_step(checkpoint) if checkpoint else 0
        self._check_extensions(step, steps)
        key = rows_key(self.spec, prepared.fingerprints)
        parts = Parts(
            model=model,
            tokenizer=tokenizer,
            prepared=prepared,
            machine=here,
            steps=steps,
            resumed_at=step,
            lengthening=Lengthening(self.run, self.spec, plan, self.journal),
            reference=Reference(self.run.path, key, untrained),
        )
        return (*assemble(self, parts), steps)

    def _rows(
        self, start: RunSpec, located: LocatedModel, *, resumes: bool
    ) -> tuple[Any, Prepared]:
        """The tokenizer, and the rows as it encodes them; pins what they are made from."""
        from engine.data.prepare import prepare
        from engine.models.load import load_tokenizer

        self.spec = pin_data(self.run, pin_model(self.run, self.spec, located), self.job)
        self.spec = resolve_model(self.spec, experts=has_experts(located.folder))
        self.job.report("load_tokenizer")
        tokenizer = load_tokenizer(located.folder, trust_remote_code=start.model.trust_remote_code)
        prepared = prepare(self.spec, tokenizer, self.job)
        if resumes:
            refuse_other_rows(self.run, self.spec, prepared.fingerprints)
        return tokenizer, prepared

    def _steps(self, prepared: Prepared) -> int:
        """How many steps the rows make; settles and tells what hangs on that."""
        self.spec = resolve_steps(self.spec, len(prepared.train))
        steps = steps_of(self.spec, len(prepared.train))
        self._tell_choices()
        if learns_little(self.spec, steps):
            self.log("learns_little", steps=steps, rate=self.spec.train.learning_rate)
        return steps

    def _model(self, start: RunSpec, located: LocatedModel, here: Machine) -> Any:
        """The model as ``start`` has it, made ready for the method."""
        from transformers import set_seed

        from engine.models.adapt import adapt
        from engine.models.load import load_model

        method = replace(self.spec.method, adapter=start.method.adapter)
        self.job.report("load_model")
        model = load_model(located.folder, start.model, here, for_training=True, tuner=method.tuner)
        set_seed(self.spec.train.seed)  # an adapter's random start is the seed's own
        return adapt(model, replace(self.spec, method=method))

    def _write_card(
        self, located: LocatedModel, prepared: Prepared, here: Machine, *, fresh: bool
    ) -> None:
        facts: dict[str, Any] = {
            "versions": versions(),
            "machine": machine_facts(here),
            "data": prepared.fingerprints,
            "settings": {path: show_value(value) for path, value in self.spec.values().items()},
        }
        if located.source == self.spec.model.source:
            facts["model"] = {
                "source": located.source,
                "origin": located.origin,
                "revision": located.revision,
                "folder": str(located.folder),
            }
        if fresh:
            facts["lineage"] = lineage(self.spec)
        write_card(self.run.path, **facts)

    def _start(self, checkpoint: Path | None) -> RunSpec:
        """The spec, with the run's own checkpoint in place of the weights it once started from: a
        run that is resumed does not need those any more."""
        spec = self.spec
        if checkpoint is None:
            return spec
        if spec.method.adapter:
            return replace(spec, method=replace(spec.method, adapter=str(checkpoint)))
        source = Path(spec.model.source).expanduser()
        if source.is_absolute() and not source.is_dir() and (checkpoint / "config.json").is_file():
            return replace(spec, model=replace(spec.model, source=str(checkpoint)))
        return spec

    def _check_extensions(self, step: int, steps: int) -> None:
        """A run that was made longer goes on with the rows it had: raise DanluError when they give
        another number of steps now. One that begins anew is simply planned so long."""
        made = extensions_of(self.run)
        if made and not step:
            write_card(self.run.path, extensions=[])
        elif made and made[-1].steps != steps:
            raise DanluError(
                "extend.data_changed", run=self.run.name, steps=made[-1].steps, now=steps
            )

    def shelf(self) -> CheckpointShelf:
        """The run's checkpoints, with the evaluation losses known from before."""
        shelf = CheckpointShelf(self.run.path, self.spec.train.save_total_limit)
        for made in summarise(self.run.path).checkpoints:
            if made.eval_loss is not None:
                shelf.eval_losses[made.step] = made.eval_loss
        return shelf

    def log(self, code: str, level: str = "info", **values: Any) -> None:
        """A line of the run's log, in words: ``code`` is a key of ``log.toml``."""
        self.journal.write("log", level=level, code=f"log.{code}", values=values)

    def _tell_choices(self) -> None:
        """Say every choice the machine, the model or the data made, and why."""
        for path, origin in self.spec.origins.items():
            if origin.code and origin.by in ("machine", "model", "data"):
                self.journal.write(
                    "log",
                    level="info",
                    code="log.chosen",
                    values={
                        "parameter": path,
                        "value": show_value(self.spec.get(path)),
                        "by": origin.by,
                        "why": {"code": f"origin.{origin.code}", "values": dict(origin.values)},
                    },
                )

    def _plan(
        self, model: Any, prepared: Prepared, steps: int, here: Machine, source: str
    ) -> dict[str, Any]:
        """Tell the journal what is to be trained; returns the event."""
        counts = [(p.numel(), p.requires_grad) for p in model.parameters()]
        train = self.spec.train
        return self.journal.write(
            "plan",
            steps=steps,
            rows=len(prepared.train),
            eval_rows=len(prepared.eval) if prepared.eval is not None else 0,
            micro_batch=train.per_device_train_batch_size,
            accumulation=train.gradient_accumulation_steps,
            epochs=epochs_of(self.spec, len(prepared.train)),
            save_steps=train.save_steps,
            eval_steps=train.eval_steps,
            parameters=sum(count for count, _ in counts),
            trained_parameters=sum(count for count, trained in counts if trained),
            model=source,
            device=here.device_name,
            dtype=self.spec.model.dtype,
        )

    def _check_disk(self, model: Any) -> None:
        """Raise DanluError when the checkpoints cannot fit on the disk. Each holds the trained
        weights and two optimizer states, at four bytes; a full model its other weights too."""
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        each = trained * 12
        if self.spec.method.tuner != "lora":
            each += sum(p.numel() * p.element_size() for p in model.parameters())
        kept = (self.spec.train.save_total_limit or 10) + 1
        free = free_disk_bytes(self.run.path)
        if each * kept > free:
            raise DanluError(
                "train.disk_too_small",
                need=human_bytes(each * kept),
                free=human_bytes(free),
                count=kept,
                each=human_bytes(each),
            )

    def _end(self, conductor: Conductor, step: int, steps: int, seconds: float) -> str:
        loss = conductor.last_loss
        if loss is not None and not math.isfinite(loss):
            loss = None
        result = {
            "checkpoint": conductor.last_checkpoint.name if conductor.last_checkpoint else None,
            "step": step,
            "loss": loss,
            "eval_loss": conductor.last_eval_loss,
            "seconds": round(seconds, 1),
        }
        self.journal.write("result", **result)
        write_card(self.run.path, result=result)
        return "stopped" if step < steps else "finished"
