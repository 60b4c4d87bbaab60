"""Runs and checkpoints are found, read, filtered, folded and deleted by keyboard alone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from engine import words
from engine.chat.named_bases import named_base
from engine.chat.target import ChatTarget, resolve_target
from engine.chat.verify_report import VerifiedRow, VerifyReport
from engine.errors import DanluError
from engine.home import runs_root
from engine.runs.lock import RunLock
from engine.runs.marks import read_marks
from engine.runs.scan import scan
from engine.runs.store import Run
from engine.runs.trash import set_aside
from engine.spec.sections import Model
from engine.train.card import read_card, write_card
from tests.runs.many_runs import make_many
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.sample_runs import make_average, make_export, make_run, make_some_runs
from tests.tui.settle import at_rest, settle, until
from tui.app import DanluApp
from tui.cells import fit_middle, width
from tui.run_heads import HeadWatch
from tui.run_tree import Line, RunTree
from tui.run_watch import RunWatch
from tui.screens.ask import AskScreen
from tui.screens.browse import BrowseScreen
from tui.screens.compare import CompareScreen
from tui.screens.confirm import ConfirmScreen
from tui.screens.data import DataScreen
from tui.screens.error import ErrorScreen
from tui.screens.opened import OpenedScreen
from tui.screens.prune import PruneScreen
from tui.screens.runs import RunsScreen
from tui.screens.verify import VerifyScreen
from tui.symbols import sign
from tui.widgets.line_input import LineInput
from tui.widgets.row_list import RowList
from tui.widgets.run_rows import widths


@pytest.fixture(autouse=True)
def short_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home at a path that is the same in every run, and one time zone: both are shown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DANLU_HOME", "home")
    for module in ("engine.home", "engine.runs.averages"):
        monkeypatch.setattr(f"{module}.home", lambda: Path("home"))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def _rows(app: DanluApp) -> RowList:
    return app.screen.query_one(RowList)


def _targets(app: DanluApp) -> list[str]:
    return [line.target for line in _rows(app).rows]


def _screen(app: DanluApp) -> RunsScreen:
    screen = next(each for each in app.screen_stack if isinstance(each, RunsScreen))
    return screen


async def _rest(pilot: Pilot[None]) -> None:
    """Until every look is done: each may ask for another."""
    for _ in range(2):
        await settle(pilot)


def _run_under_cursor(app: DanluApp) -> Run | None:
    line = _rows(app).current
    return line.run if line else None


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_runs_and_their_checkpoints_stand_in_a_tree(language: str) -> None:
    words.use_language(language)
    make_some_runs()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("down", "down", "down")
        await _rest(pilot)
        assert_snapshot(app, f"runs-80x24-{language}")


async def test_a_wide_terminal_shows_the_same_in_more_room() -> None:
    make_some_runs()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(120, 40)) as pilot:
        await _rest(pilot)
        assert_snapshot(app, "runs-120x40-en")


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_without_runs_it_says_how_to_make_one(language: str) -> None:
    words.use_language(language)
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        assert words.t("runs.none")[:12] in screen_text(app)


async def test_filtering_leaves_what_was_typed_for_and_escape_brings_all_back() -> None:
    make_some_runs()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("slash", *"news")
        await until(pilot, lambda: "home/runs/news-r1-7b" in screen_text(app))  # what is told of it
        await pilot.press("enter")
        await _rest(pilot)
        assert {line.run.name for line in _rows(app).rows} == {"news-r1-7b"}
        await pilot.press("escape")
        await _rest(pilot)
        assert len({line.run.name for line in _rows(app).rows}) == 4
        assert isinstance(app.screen, RunsScreen)


async def test_a_run_folds_its_checkpoints_away_and_keeps_the_cursor() -> None:
    make_some_runs()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("down", "left")
        await _rest(pilot)
        line = _rows(app).current
        assert line is not None and (line.target, line.hidden) == ("identity-smollm2", 2)
        await pilot.press("right")
        assert _rows(app).rows[1].target == "identity-smollm2/checkpoint-160"


async def test_a_deleted_checkpoint_is_asked_for_and_comes_back_until_the_screen_is_left() -> None:
    run = make_run("identity", best=160)
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("down", "down", "D", "enter")
        await _rest(pilot)
        assert (run.path / "checkpoint-80").is_dir(), "enter is a no"
        await pilot.press("D", "y")
        await until(pilot, lambda: _targets(app) == ["identity", "identity/checkpoint-160"])
        assert not (run.path / "checkpoint-80").exists()
        await _rest(pilot)
        await pilot.press("u")
        await until(pilot, lambda: len(_rows(app).rows) == 3)
        assert (run.path / "checkpoint-80").is_dir() and not _screen(app).aside


async def test_leaving_deletes_for_good_what_was_deleted() -> None:
    run, other = make_run("identity"), make_run("other", age=60)
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("down", "space", "down", "space", "D", "y")
        await until(pilot, lambda: len(_screen(app).aside) == 2)
        await _rest(pilot)
        assert _targets(app) == ["identity", "identity/checkpoint-80"] and not other.path.exists()
        await pilot.press("escape")
        await pilot.pause()
    for thread in threading.enumerate():
        if thread.name == "danlu-tidy":
            thread.join()
    assert [path.name for path in runs_root().iterdir() if path.is_dir()] == ["identity"]
    assert not (run.path / ".trash").exists()


async def test_what_a_crash_left_set_aside_is_asked_about_and_no_brings_it_back() -> None:
    run = make_run("identity")
    _forget_holding(set_aside(run, ["checkpoint-80"]).folder)
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "checkpoint-80" in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: (run.path / "checkpoint-80").is_dir())


def _forget_holding(folder: Path) -> None:
    """As if the process that set it aside had ended."""
    import os

    from engine.runs import trash

    os.close(trash._held.pop(folder))


async def test_pruning_shows_what_goes_and_keeps_best_last_and_pinned() -> None:
    run = make_run("identity", saved=(40, 80, 120, 160), best=80)
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("down", "down", "down", "down", "p")  # checkpoint-40
        await until(pilot, lambda: read_marks(run.path).pinned == ("checkpoint-40",))
        await _rest(pilot)
        await pilot.press("P")
        await until(pilot, lambda: "checkpoint-120" in screen_text(app))
        assert isinstance(app.screen, PruneScreen)
        assert "1 go, 3 stay" in screen_text(app) and "(pinned)" in screen_text(app)
        await pilot.press("p")  # pinned ones go too
        await until(pilot, lambda: "2 go, 2 stay" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: len(run.checkpoint_folders()) == 2)
        assert [f.name for f in run.checkpoint_folders()] == ["checkpoint-80", "checkpoint-160"]


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.slow)])
async def test_two_that_are_marked_stand_side_by_side(language: str) -> None:
    words.use_language(language)
    make_run("identity", best=160)
    other = make_run("larger-rank", loss=0.09, age=60)
    spec = (other.path / "spec.yaml").read_text()
    (other.path / "spec.yaml").write_text(spec + "method: {lora_rank: 32}\n")
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("space", "down", "down", "space", "equals_sign")
        await until(pilot, lambda: words.t("param_method.lora_rank.label") in screen_text(app))
        assert isinstance(app.screen, CompareScreen)
        await at_rest(pilot)
        assert_snapshot(app, f"compare-80x24-{language}")
        await pilot.press("g")
        await until(pilot, lambda: words.t("live.chart.log") in screen_text(app))
        await pilot.press("e")  # the other curves, drawn likewise
        await until(pilot, lambda: words.t("compare.chart_eval") in screen_text(app))
        assert words.t("live.chart.log") in screen_text(app)


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.slow)])
async def test_an_export_and_an_average_stand_side_by_side(language: str) -> None:
    words.use_language(language)
    run = make_run("identity", saved=(160,))
    make_export(run, proved={"agreement": 0.984, "first_divergence": 11})
    make_average("mean", "identity/checkpoint-160", "news/checkpoint-20")
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("down", "down", "space", "up", "equals_sign")
        assert isinstance(app.screen, RunsScreen), "it takes two"
        await pilot.press("down", "equals_sign")
        await until(pilot, lambda: "98.4 %" in screen_text(app))
        assert isinstance(app.screen, CompareScreen)
        await at_rest(pilot)
        assert_snapshot(app, f"compare-made-80x24-{language}")


async def test_an_export_stands_below_the_checkpoint_it_was_made_from() -> None:
    run = make_run("identity")
    folder = run.path.parent.parent / "merged"
    folder.mkdir(parents=True)
    facts = {"format": "merged", "verified": False, "why": ["stops"], "bytes": 5_000_000}
    facts["checkpoint"] = str(run.path / "checkpoint-160")
    (folder / "export.json").write_text(json.dumps(facts))
    (run.path / "exports.jsonl").write_text(json.dumps({"path": str(folder)}) + "\n")
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        assert _targets(app)[1:3] == ["identity/checkpoint-160", str(folder)]
        await pilot.press("down", "down")
        await _rest(pilot)
        assert "a stop token is missing" in screen_text(app)


async def test_a_run_without_its_spec_is_listed_with_why_and_what_can_be_done() -> None:
    run = make_run("lost", "stopped")
    (run.path / "spec.yaml").unlink()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        shown = screen_text(app)
        assert "damaged" in shown and "spec.yaml" in shown
        screen = app.screen
        assert not screen.check_action("resume", ()) and screen.check_action("rebuild", ())
        await pilot.press("down")
        assert screen.check_action("use", ("chat",))


async def test_an_older_checkpoint_is_gone_on_from_after_asking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = make_run("news", "stopped", step=160, steps=400)
    begun: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        DanluApp, "start_training", lambda app, run, resume=False: begun.append((run.name, resume))
    )
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("down", "down", "r")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "checkpoint-160" in screen_text(app)
        await pilot.press("y")
        await until(pilot, lambda: begun == [("news", True)])
        last = run.last_checkpoint()
        assert last is not None and last.name == "checkpoint-80"


async def test_sorting_by_the_next_key_shows_the_best_first() -> None:
    make_some_runs()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press(*"tttt")
        assert _screen(app).listed.sort == "loss"
        lowest_first = words.t("runs.loss_short") + sign("up")
        await until(
            pilot, lambda: "by loss" in screen_text(app) and lowest_first in screen_text(app)
        )
        names = [line.found.name for line in _rows(app).rows if line.is_run]
        assert names == ["identity-smollm2", "小炉-身份", "news-r1-7b", "domain-qa"]
        await pilot.press("T")
        assert next(line for line in _rows(app).rows if line.is_run).target == "domain-qa"


async def test_a_run_that_is_trained_now_cannot_be_deleted() -> None:
    run = make_run("busy", "training")
    lock = RunLock(run.path)
    app = DanluApp(first=RunsScreen())
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await _rest(pilot)
            await pilot.press("D", "y")
            await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
            assert run.path.is_dir() and "busy" in screen_text(app)
    finally:
        lock.release()


async def test_only_what_ended_early_can_be_resumed() -> None:
    finished, interrupted, *_ = make_some_runs()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        screen = app.screen
        assert _run_under_cursor(app) == finished
        assert screen.check_action("resume", ()) is False
        going_on = [screen.check_action("extend", ())]
        for _ in range(2):  # its last checkpoint stands for it, an earlier one does not
            await pilot.press("down")
            going_on.append(screen.check_action("extend", ()))
        assert going_on == [True, True, False]
        await pilot.press("down")
        assert _run_under_cursor(app) == interrupted
        assert screen.check_action("resume", ()) is True


async def test_the_path_is_copied_and_shown() -> None:
    make_some_runs()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("y")
        assert app.clipboard == "home/runs/identity-smollm2"


async def test_a_run_that_goes_on_is_followed() -> None:
    run = make_run("growing", "training", step=10, steps=100, saved=())
    lock = RunLock(run.path)
    watch = RunWatch()
    try:
        assert [state.summary.step for state in watch.look([run])] == [10]
        with open(run.path / "journal.jsonl", "a") as journal:
            journal.write('{"seq":99,"time":1.0,"kind":"step","step":11,"loss":0.5}\n')
        state = next(watch.look([run]))
        assert (state.summary.step, state.active, state.status) == (11, True, "training")
    finally:
        lock.release()
    assert next(watch.look([run])).status == "interrupted"


def test_an_emptied_journal_is_read_from_the_checkpoints() -> None:
    run = make_run("identity", "stopped")
    (run.path / "journal.jsonl").write_text("")
    history = [{"step": 80, "loss": 0.4}, {"step": 160, "loss": 0.2, "epoch": 2.0}]
    state = {"global_step": 160, "max_steps": 320, "epoch": 2.0, "log_history": history}
    (run.path / "checkpoint-160" / "trainer_state.json").write_text(json.dumps(state))
    summary = run.summary()
    assert (summary.status, summary.step, summary.steps) == ("interrupted", 160, 320)
    assert [(c.path, c.loss) for c in summary.checkpoints] == [
        ("checkpoint-80", 0.4),
        ("checkpoint-160", 0.2),
    ]


def _tree() -> RunTree:
    watch, tree = HeadWatch(), RunTree()
    found = watch.scan()
    tree.set_runs(found)
    tree.learn(watch.read(watch.stale(found)))
    return tree


def test_the_lines_of_the_tree_are_made_when_asked_for_and_found_by_what_they_are() -> None:
    make_some_runs()
    tree = _tree()
    lines = tree.lines()
    assert [line.found.name for line in lines] == [run.name for run in scan(runs_root())]
    assert [line.found.name for line in tree.lines("fail")] == ["domain-qa"]
    assert [line.found.name for line in tree.lines("interr news")] == ["news-r1-7b"]
    tree.fold("news-r1-7b", True)
    for row, line in enumerate(lines):
        assert isinstance(line, Line) and lines.row_of(line.identity) == row
    assert lines.row_of(("nobody", "")) is None and lines.row_of(("domain-qa", "gone")) == 3


def test_long_names_keep_their_ends_and_take_the_room_of_columns_without_a_value() -> None:
    make_run("qwen2.5-7b-news-classifier-r16-lr2e-5", saved=(160,))
    tree = RunTree()
    tree.set_runs(scan(runs_root()))
    assert tree.evaluated is tree.scored is False
    nothing = widths(80, tree)
    watch = HeadWatch()
    tree.learn(watch.read(watch.stale(tree.found)))
    assert tree.evaluated and not tree.scored
    assert nothing.name > widths(80, tree).name and widths(120, tree).score
    shown = fit_middle(tree.found[0].name, 24)
    assert width(shown) == 24 and shown.startswith("qwen2.5-7b") and shown.endswith("lr2e-5")
    assert width(fit_middle("小炉的身份小炉的身份小炉", 13)) == 13


def test_what_was_read_once_is_remembered_until_it_changes() -> None:
    finished, *_ = make_some_runs()
    _tree()
    watch = HeadWatch()
    found = watch.scan()
    heads = {head.name: head for head in watch.known(found)}
    assert heads["identity-smollm2"].best == "checkpoint-160" and len(heads) == 4
    assert watch.stale(found) == []
    with open(finished.path / "journal.jsonl", "a") as journal:
        journal.write('{"seq":99,"time":1.0,"kind":"step","step":161,"loss":0.5}\n')
    assert [run.name for run in watch.stale(watch.scan())] == ["identity-smollm2"]


@pytest.mark.slow
async def test_thousands_of_runs_are_shown_moved_through_and_filtered_at_once() -> None:
    make_many(runs_root(), 2000, 20)
    _tree()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(_screen(app).listed.heads) == 2000)
        await _rest(pilot)
        rows, screen = _rows(app), _screen(app)

        def seconds(do: Callable[[], object]) -> float:
            began = time.perf_counter()
            do()
            for y in range(rows.size.height):
                rows.render_line(y)
            return time.perf_counter() - began

        assert min(seconds(lambda: rows.action_page(1)) for _ in range(10)) < 0.03
        typed = [
            seconds(lambda t=text: screen.show_filtered(t)) for text in ("r", "run-01", "fail")
        ]
        assert min(typed) < 0.1


async def test_a_run_is_made_longer_after_saying_what_comes_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from engine.runs import extend

    run = make_run("identity")
    grown: list[float] = []
    monkeypatch.setattr(extend, "preview_extension", lambda run, epochs: None)
    monkeypatch.setattr(extend, "extension_words", lambda made: ("runs.resume_from", {"step": 7}))
    monkeypatch.setattr(extend, "extend_run", lambda run, epochs: grown.append(epochs) or run)
    begun: list[str] = []
    monkeypatch.setattr(
        DanluApp, "start_training", lambda app, run, resume=False: begun.append(run.name)
    )
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("plus", "backspace", *"2.5", "enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "step 7" in screen_text(app) and not grown
        await pilot.press("y")
        await until(pilot, lambda: begun == [run.name])
        assert grown == [2.5]


async def test_what_another_program_trained_is_opened_by_its_path(tmp_path: Path) -> None:
    folder = tmp_path / "swift-out"
    folder.mkdir()
    config = {"base_model_name_or_path": "Qwen/Qwen2.5-0.5B-Instruct", "peft_type": "LORA"}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    (folder / "adapter_model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        app.screen.query_one(Input).value = f"{tmp_path}/swift"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, OpenedScreen))
        shown = screen_text(app)
        assert "swift-out" in shown and "Qwen2.5-0.5B-Instruct" in shown
        await pilot.press("v")  # no run tells what it was trained on: golden answers are asked for
        await until(pilot, lambda: isinstance(app.screen, BrowseScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        app.push_screen(
            OpenedScreen(folder, resolve_target(str(folder))),
            lambda what: _screen(app).use(what or "", str(folder)),
        )
        await until(pilot, lambda: isinstance(app.screen, OpenedScreen))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, DataScreen))
        assert cast(DataScreen, app.screen).draft.spec.method.adapter == str(folder)


@pytest.mark.slow
async def test_the_base_of_an_adapter_that_does_not_say_it_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "copied"
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA"}))
    (folder / "adapter_model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        _screen(app)._open_path(folder)
        for key in (None, "b"):  # once because nobody knows it, then because it was another
            if key:
                await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, AskScreen))
            await pilot.press(*("embedded" if key else "Qwen/x"), "enter")
            await until(pilot, lambda: isinstance(app.screen, OpenedScreen))
    assert named_base(folder) == "embedded"


async def test_what_was_verified_is_shown_and_not_asked_anew() -> None:
    run = make_run("identity", saved=(160,))
    row = VerifiedRow("Who are you?", "I am Ember.", "I am SmolLM.", "I am Ember.")
    folder = run.path / "checkpoint-160"
    target = ChatTarget(Model(), "identity/checkpoint-160", adapter=folder, run=run)
    VerifyReport(target, [row], 1.0).keep()
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, VerifyScreen))
        await until(pilot, lambda: "Who are you?" in screen_text(app))


async def test_an_export_is_deleted_and_brought_back_and_used_like_a_checkpoint() -> None:
    run = make_run("identity", saved=(160,))
    export = make_export(run)
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("down", "down")
        screen = app.screen
        assert screen.check_action("verify", ())
        for use in ("chat", "evaluate", "export", "serve", "publish"):
            assert screen.check_action("use", (use,)), use
        keys = screen_text(app).splitlines()[-1]
        assert keys.index("c chat") < keys.index("s serve") < keys.index("D delete")
        await pilot.press("p")
        await until(pilot, lambda: read_marks(run.path).pinned == (str(export),))
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: len(_rows(app).rows) == 2)
        assert not export.exists() and run.path.is_dir()
        await _rest(pilot)
        await pilot.press("u")
        await until(pilot, lambda: len(_rows(app).rows) == 3)
        assert (export / "export.json").is_file()


async def test_an_average_is_a_line_of_its_own_with_what_it_is_made_of() -> None:
    make_run("identity", saved=(160,))
    average = make_average("mean", "identity/checkpoint-160", "news/checkpoint-20")
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        assert _targets(app) == ["identity", "identity/checkpoint-160", str(average)]
        await pilot.press("down", "down")
        await until(pilot, lambda: "50% identity/checkpoint-160" in screen_text(app))
        screen = app.screen
        assert screen.check_action("use", ("chat",)) and not screen.check_action("resume", ())
        assert not screen.check_action("extend", ()) and not screen.check_action("prune", ())
        await pilot.press("slash", *"news", "enter")
        await until(pilot, lambda: _targets(app) == [str(average)])
        await pilot.press("D", "y")
        await until(pilot, lambda: not average.exists())
        await _rest(pilot)
        await pilot.press("u")
        await until(pilot, average.is_dir)


async def test_the_marked_are_averaged_by_a_job_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run("identity", saved=(160,))
    make_run("news", saved=(20,), age=60)
    commands: list[list[str]] = []
    monkeypatch.setattr(DanluApp, "start_job", lambda _, command: commands.append(command))
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("down", "space", "down", "space", "a")
        app.screen.query_one(LineInput).value = str(tmp_path / "mean")
        await pilot.press("enter")
    made = ["--out", str(tmp_path / "mean")]
    assert commands == [["average", "identity/checkpoint-160", "news/checkpoint-20", *made]]


async def test_the_marked_are_served_together(monkeypatch: pytest.MonkeyPatch) -> None:
    make_run("identity", saved=(160,))
    make_run("news", saved=(20,), age=60)
    served: list[str] = []

    def serve(targets: Sequence[str]) -> None:
        served.extend(targets)
        raise DanluError("serve.libraries_missing", packages="x")

    monkeypatch.setattr("tui.serve_target.serve_targets", serve)
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("down", "space", "down", "space")
        assert not app.screen.check_action("use", ("chat",))
        await pilot.press("s")
        await until(pilot, lambda: bool(served))
    assert served == ["identity/checkpoint-160", "news/checkpoint-20"]


async def test_a_run_whose_rows_changed_goes_on_by_a_key_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = make_run("news", "stopped", step=160, steps=400, saved=(160,))
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"instruction": "Who?", "output": "Me."}\n')
    write_card(run.path, data={"rows.jsonl": "another"}, settings={})
    begun: list[str] = []
    monkeypatch.setattr(
        DanluApp, "start_training", lambda app, run, resume=False: begun.append(run.name)
    )
    app = DanluApp(first=RunsScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await _rest(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        assert "rows.jsonl" in screen_text(app) and not begun
        await pilot.press("1", "2", "3")
        await until(pilot, lambda: begun == ["news"])
        assert read_card(run.path)["data_changes"][0]["step"] == 160
