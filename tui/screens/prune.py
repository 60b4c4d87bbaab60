"""Pruning by a rule: what is kept, what goes, and the bytes that frees, before anything is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.errors import DanluError
from engine.runs.prune import PrunePlan, PruneRule, plan_prune
from engine.runs.store import Run
from engine.units import human_bytes
from tui.ink import ink
from tui.screens.overlay import OverlayScreen
from tui.symbols import sign
from tui.widgets.prose import Prose

_SHOWN = 6  # checkpoints named on each side


class PruneScreen(OverlayScreen[PruneRule]):
    """Dismissed with the rule, or None. The rule begins as: keep the last, the best, the pinned."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,n", "close", "keys.confirm_no", id="prune.no"),
        Binding("y", "prune", "keys.run_prune", id="prune.yes"),
        Binding("left,minus", "last(-1)", "keys.prune_last", id="prune.less", key_display="←→"),
        Binding("right,plus", "last(1)", "keys.prune_last", id="prune.more", show=False),
        Binding("b", "best", "keys.prune_best", id="prune.best"),
        Binding("p", "pinned", "keys.prune_pinned", id="prune.pinned"),
    ]

    class Planned(Message):
        """What a rule would do to each run; ``error`` where it must not be."""

        def __init__(
            self, rule: PruneRule, plans: list[PrunePlan], error: DanluError | None
        ) -> None:
            super().__init__()
            self.rule, self.plans, self.error = rule, plans, error

    def __init__(self, runs: Sequence[Run], rule: PruneRule | None = None) -> None:
        super().__init__()
        self.rule = rule or PruneRule()
        self._runs = list(runs)
        self._planned: PruneScreen.Planned | None = None

    def work(self) -> list[Widget]:
        ember = ink(self, "ember", bold=True)
        names = [run.name for run in self._runs]
        more = f" +{len(names) - 3}" if len(names) > 3 else ""
        title = words.t("prune.title", runs=", ".join(names[:3]) + more)
        return [
            Prose(f"{sign('warn')} ", title, lead=ember, style=ember),
            Static(self._rule_text(), classes="rule", markup=False),
            Prose("  ", words.t("prune.counting"), id="outcome"),
            Prose("  ", "", id="names", style=ink(self, "ash")),
        ]

    def on_mount(self) -> None:
        self._plan()

    def _rule_text(self) -> str:
        switch = {True: sign("yes"), False: sign("no")}
        return "\n".join(
            (
                "",
                f"   {self.rule.last:>3}  {words.t('prune.keep_last')}",
                f"     {switch[self.rule.best]}  {words.t('prune.keep_best')}",
                f"     {switch[self.rule.pinned]}  {words.t('prune.keep_pinned')}",
                "",
            )
        )

    def _change(self, **changes: bool | int) -> None:
        self.rule = replace(self.rule, **changes)  # type: ignore[arg-type]
        self.query_one(".rule", Static).update(self._rule_text())
        self._plan()

    def action_last(self, by: int) -> None:
        self._change(last=max(0, self.rule.last + by))

    def action_best(self) -> None:
        self._change(best=not self.rule.best)

    def action_pinned(self) -> None:
        self._change(pinned=not self.rule.pinned)

    def _plan(self) -> None:
        rule, runs = self.rule, self._runs

        def plan() -> None:
            plans: list[PrunePlan] = []
            error: DanluError | None = None
            for run in runs:
                try:
                    plans.append(plan_prune(run, rule))
                except DanluError as refusal:
                    error = refusal if refusal.code == "run.prune_all" else error
            self.post_message(self.Planned(rule, plans, error))

        self.run_worker(plan, thread=True, exit_on_error=False, group="plan")

    def on_prune_screen_planned(self, message: Planned) -> None:
        if message.rule == self.rule:
            self._planned = message
            self.query_one("#outcome", Prose).say(_outcome(message.plans, message.error))
            self.query_one("#names", Prose).say(_named(message.plans))

    async def retranslate(self) -> None:
        await super().retranslate()
        self._plan()

    def action_prune(self) -> None:
        planned = self._planned
        ready = planned is not None and planned.rule == self.rule and planned.error is None
        if ready and planned is not None and any(plan.drop for plan in planned.plans):
            self.dismiss(self.rule)


def _outcome(plans: list[PrunePlan], error: DanluError | None) -> str:
    if error is not None:
        return str(error)
    dropped = sum(len(plan.drop) for plan in plans)
    if not dropped:
        return words.t("runs.prune_nothing")
    freed = human_bytes(sum(plan.bytes for plan in plans))
    kept = sum(len(plan.keep) for plan in plans)
    return words.t("prune.outcome", drop=dropped, keep=kept, bytes=freed)


def _named(plans: list[PrunePlan]) -> str:
    """What stays and why, and what goes; only of a single run, for more there is no room."""
    if len(plans) != 1:
        return ""
    keep = [
        words.t("prune.kept", name=name, why=", ".join(words.t(f"runs.{each}") for each in why))
        for name, why in plans[0].keep.items()
    ]
    stays = words.t("prune.stays", names=_short(keep))
    return f"{stays}\n{words.t('prune.goes', names=_short(list(plans[0].drop)))}"


def _short(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN]) or "–"
    return f"{shown} +{len(names) - _SHOWN}" if len(names) > _SHOWN else shown
