"""A run's journal, folded into what the screen shows."""

from __future__ import annotations

from typing import Any

from engine import words
from engine.runs.journal import read_journal
from tests.recorded.replay import IDENTITY
from tui.run_model import RunModel
from tui.trouble import trouble_of


def events(*given: dict[str, Any]) -> list[dict[str, Any]]:
    """Events a second apart, unless they say when."""
    return [{"seq": n, "time": 1000.0 + n, **event} for n, event in enumerate(given)]


def status(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "status", "status": name, **more}


def recorded() -> RunModel:
    model = RunModel()
    model.apply(read_journal(IDENTITY))
    return model


def test_the_recorded_run_adds_up():
    model = recorded()
    assert model.status == "finished" and model.summary.step == 160 == model.summary.steps
    assert model.loss.points == 160 and model.eval_loss.points == 8
    assert model.best == (160, model.eval_loss.last)
    assert [c.step for c in model.summary.checkpoints] == [40, 80, 120, 160]
    assert 130 < model.elapsed() < 160


def test_answers_that_stay_the_same_are_told_once():
    answers = recorded().samples["你是谁？"]
    assert [(a.step, a.last_step) for a in answers] == [(0, 0), (40, 40), (80, 160)]


def test_the_log_tells_the_story_in_either_language():
    model = recorded()
    texts = [line.text for line in model.log.lines]
    assert "checkpoint-40 saved, best yet" in texts and "Finished" in texts
    words.use_language("zh")
    assert "训练完成" in [line.text for line in model.log.lines]


def test_a_code_in_the_log_is_said_in_words_and_an_unknown_one_does_not_break_it():
    model = RunModel()
    known = {"kind": "log", "level": "info", "code": "log.resumed", "values": {"step": 40}}
    unknown = {"kind": "log", "level": "info", "code": "log.from_the_future", "values": {}}
    model.apply(events(known, unknown, {"kind": "log", "level": "warning", "text": "a  b\nc"}))
    assert [line.text for line in model.log.lines] == [
        "Continuing from step 40.", "log.from_the_future", "a b c",
    ]  # fmt: skip


def test_a_run_that_nobody_trains_is_interrupted_unless_it_had_ended():
    model = RunModel()
    model.apply(events(status("preparing"), status("training")))
    assert model.status == "training" and not model.ended
    model.owner_alive = False
    assert model.status == "interrupted" and model.ended
    model.apply(events(status("finished")))
    assert model.status == "finished"


def test_elapsed_leaves_out_the_time_between_sessions():
    model = RunModel()
    first = [status("preparing", time=0.0), status("training", time=10.0)]
    second = [status("preparing", time=5000.0), status("finished", time=5020.0)]
    model.apply(events(*first, *second))
    assert model.elapsed() == 30.0


def test_a_resumed_run_takes_back_what_came_after_its_checkpoint():
    model = RunModel()
    step = [{"kind": "step", "step": n, "loss": 2.0 - n / 100} for n in range(1, 101)]
    evals = [{"kind": "eval", "step": 90, "loss": 0.1}, {"kind": "eval", "step": 85, "loss": 0.5}]
    model.apply(events(*step, evals[0], step[80], evals[1]))
    assert model.loss.last_x == 81 and model.best == (85, 0.5)


def test_a_command_is_pending_until_the_engine_has_heard_it():
    model = RunModel()
    model.ask("save")
    assert list(model.asked) == ["save"] and "head" in model.changed
    model.apply(events({"kind": "command", "what": "save", "by": "screen"}))
    assert not model.asked


def test_phases_are_the_newest_of_each_name():
    model = RunModel()
    phase = {"kind": "phase", "name": "download", "total": 100, "unit": "bytes"}
    model.apply(
        events(
            status("preparing"), {**phase, "done": 10}, {**phase, "done": 50, "seconds_left": 9.0}
        )
    )
    assert model.phase is not None and model.phase.fraction == 0.5
    assert model.phase.seconds_left == 9.0 and len(model.phases) == 1
    model.apply(events(status("training")))
    assert model.phase is None


def test_a_diagnosis_is_shown_for_a_minute_of_the_run():
    model = RunModel()
    notice = {"kind": "notice", "code": "x", "what": "Spike.", "time": 10.0}
    model.apply(events(notice, {"kind": "device", "time": 60.0}))
    assert model.notice is not None
    model.apply(events({"kind": "device", "time": 71.0}))
    assert model.notice is None and model.log.lines[0].text == "Spike."


def test_an_error_is_said_in_the_readers_language_with_the_fixes_it_was_given():
    fixes = [{"text": "Halve the longest row.", "set": None}]
    event = {"kind": "error", "code": "train.out_of_memory", "values": {}, "fixes": fixes}
    assert trouble_of(event).fixes == ("Halve the longest row.",)
    words.use_language("zh")
    trouble = trouble_of(event)
    assert trouble.grave and len(trouble.fixes) == 1 and not trouble.fixes[0].isascii()


def test_an_error_of_another_version_brings_its_own_words():
    event = {
        "kind": "error",
        "code": "no.such",
        "what": "It broke.",
        "why": "So.",
        "fixes": ["Do."],
    }
    assert trouble_of(event) == trouble_of({**event, "values": None})
    assert trouble_of(event).what == "It broke." and trouble_of(event).fixes == ("Do.",)


def test_only_what_an_event_concerns_is_marked_changed():
    model = RunModel()
    model.apply(events({"kind": "device", "cpu_percent": 5.0}))
    assert model.changed == {"machine", "banner"}


def test_a_diagnosis_is_said_in_words_from_its_code_and_evidence():
    evidence = {"evals": 3, "best": 0.123456}
    trouble = trouble_of({"kind": "notice", "code": "early_stopping", "evidence": evidence})
    assert "0.1235" in trouble.why and not trouble.grave
