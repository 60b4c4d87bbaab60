"""A wizard as tests open it: a fixed machine, the tiny model in the embedded one's place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.hardware import Gpu, Machine
from engine.home import templates_root
from engine.memory.changes import Change
from engine.memory.estimate import Estimate
from engine.memory.items import Item
from engine.models import embedded
from engine.spec.run_spec import RunSpec
from tests.tui.settle import until
from tui.app import DanluApp
from tui.wizard.draft import Draft
from tui.wizard.flow import screen_of

GIB = 2**30
CPU = Machine(cores=2, ram_bytes=32 * GIB, ram_free_bytes=20 * GIB, gpus=())
CARD = Gpu(0, "NVIDIA RTX 4090", 24 * GIB, 23 * GIB, (8, 9))
FILLED = {"NAME": "小炉", "AUTHOR": "丹炉实验室"}


def steady(monkeypatch: pytest.MonkeyPatch, home: Path, machine: Machine = CPU) -> None:
    """Make what a screen tells of this machine the same everywhere."""
    monkeypatch.setenv("HOME", str(home.parent))
    for module in ("tui.wizard.draft", "tui.screens.memory"):
        monkeypatch.setattr(f"{module}.machine", lambda: machine)
    for module in ("tui.wizard.model_facts", "tui.wizard.forecast"):
        monkeypatch.setattr(f"{module}.free_disk_bytes", lambda folder: 100 * GIB)


def put_embedded(tiny_model: Path) -> None:
    """Let the tiny model stand where danlu keeps the embedded one."""
    folder = embedded.embedded_folder()
    folder.parent.mkdir(parents=True)
    folder.symlink_to(tiny_model)


def identity(**data: Any) -> dict[str, Any]:
    """A spec over the bundled identity rows."""
    rows = templates_root() / "data" / "identity.jsonl"
    return {"data": {"train": [str(rows)], **data}}


def wizard(step: str, spec: dict[str, Any] | None = None) -> tuple[DanluApp, Draft]:
    draft = Draft(RunSpec.from_mapping(spec) if spec else None)
    return DanluApp(first=screen_of(step, draft)), draft


@asynccontextmanager
async def opened(
    step: str, spec: dict[str, Any] | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[DanluApp, Draft, Pilot[Any]]]:
    """The wizard at ``step`` in a terminal of ``size`` (columns, lines), come to rest."""
    app, draft = wizard(step, spec)
    async with app.run_test(size=size) as pilot:
        await rest(pilot, draft)
        yield app, draft, pilot


async def rest(pilot: Pilot[Any], draft: Draft, also: Callable[[], bool] = lambda: True) -> None:
    """Wait until nothing is being worked on and all of it is drawn."""
    seen = -1
    for _ in range(6):  # one piece of work may begin the next: shelf, tokenizer, check, estimate
        await until(pilot, lambda: not draft.desk.busy and also(), 60)
        await pilot.pause(0.12)  # two looks of the screen
        now = len(draft.desk.state())
        if now == seen and not draft.desk.busy:
            return
        seen = now


def estimate_of(spec: RunSpec, required: float, free: float) -> Estimate:
    """An estimate with round numbers, as one of a 7B model would be."""
    items = (
        Item("weights", int(14.2 * GIB), "weights", {"parameters": 7.62e9, "dtype": "bfloat16"}),
        Item("adapter", int(0.1 * GIB), "adapter", {"trained": 20.2e6, "rank": 8}),
        Item("activations", int(2 * GIB), "activations_checkpointed", {"rows": 1}),
        Item("loss", int(0.7 * GIB), "loss", {}),
        Item("context", int((required - 17) * GIB), "context", {}),
    )
    smaller = Change(
        {"model.quantization": "nf4"}, int(9.6 * GIB), None, "four_bits", True, int(9 * GIB)
    )
    faster = Change(
        {"train.gradient_checkpointing": False}, -GIB, 1.33, "no_recompute", False, int(30 * GIB)
    )
    needed = int(required * GIB)
    verdict = "does_not_fit" if required > free else "fits"
    return Estimate(
        spec=spec,
        device=CARD.name,
        verdict=verdict,
        items=items,
        allocated_bytes=needed,
        required_bytes=needed,
        free_bytes=int(free * GIB),
        peak_during="backward",
        parameters=7_620_000_000,
        trained_parameters=20_200_000,
        length=2048,
        steps=100,
        seconds=None,
        disk_bytes=200 * 2**20,
        changes=(smaller, faster),
    )
