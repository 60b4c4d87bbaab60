"""Blind votes: sides drawn by seed, kept at once, read after a crash, written as preferences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine import words
from engine.chat.blind_questions import file_questions
from engine.chat.sampling import Sampling
from engine.chat.votes import Ballot, open_ballot, votes_root
from engine.chat.win_rate import win_rate
from engine.errors import DanluError
from engine.job import Job
from tests.train.plain_trl import plain_dpo
from tui.vote_words import verdict


def asked(text: str) -> list[dict[str, Any]]:
    return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]


def ballot() -> Ballot:
    return open_ballot("base", "run/checkpoint-9", Sampling(), seed=7)


def test_sides_are_drawn_anew_for_each_question_and_alike_for_a_seed() -> None:
    voting, again = ballot(), open_ballot("x", "y", Sampling(), seed=7)
    sides = []
    for number in range(40):
        sides.append(voting.first_side())
        assert again.first_side() == sides[-1]
        voting.vote(asked(str(number)), "one", "two", "skip")
        again.vote(asked(str(number)), "one", "two", "skip")
    assert 8 < sides.count("a") < 32


def test_votes_survive_a_line_cut_short_and_go_on() -> None:
    voting = ballot()
    assert not voting.path.exists(), "no vote, no file"
    voting.vote(asked("1"), "one", "two", "first")
    voting.vote(asked("2"), "one", "two", "equal")
    with open(voting.path, "a") as file:
        file.write('{"kind": "vote", "messa')
    on = ballot()
    assert on.path == voting.path and on.votes == voting.votes and on.seed == 7
    on.vote(asked("3"), "one", "two", "second")
    assert on.undo() is not None
    on.vote(asked("3"), "one", "two", "skip")
    assert [vote.choice for vote in ballot().votes] == ["first", "equal", "skip"]
    on.reveal()
    assert ballot().path != on.path, "the names are known: a new comparison begins"


def test_words_with_other_signs_that_end_lines_stay_one_vote() -> None:
    voting = ballot()
    voting.vote(asked("one\u2028two\x85three"), "a\u2029b", "c\r\nd", "first")
    assert ballot().votes == voting.votes


def test_only_what_was_preferred_becomes_a_preference(tmp_path: Path) -> None:
    voting = ballot()
    with pytest.raises(DanluError) as caught:
        voting.export(tmp_path / "none.jsonl")
    assert caught.value.code == "chat.no_preferences"
    for choice in ("first", "second", "equal", "skip"):
        voting.vote(asked(choice), "from a", "from b", choice)
    voting.vote(asked("same"), "alike", "alike ", "first")
    assert voting.export(tmp_path / "preferences.jsonl") == 2
    rows = [json.loads(line) for line in (tmp_path / "preferences.jsonl").open()]
    for row, vote in zip(rows, voting.votes, strict=False):
        better = "from a" if vote.winner == "a" else "from b"
        worse = "from b" if vote.winner == "a" else "from a"
        assert row["prompt"] == vote.messages
        assert row["chosen"] == [{"role": "assistant", "content": better}]
        assert row["rejected"] == [{"role": "assistant", "content": worse}]
    tally = voting.tally
    assert (tally.equal, tally.skipped, tally.votes) == (1, 1, 4)


@pytest.mark.parametrize(
    ("won", "decided", "low", "high"),
    # Brown, Cai, DasGupta (2001) and R's binom.confint(method = "wilson").
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (12, 17, 0.4687, 0.8672),
    ],
)
def test_the_interval_is_wilsons(won: int, decided: int, low: float, high: float) -> None:
    rate = win_rate(won, decided)
    assert (rate.low, rate.high) == pytest.approx((low, high), abs=2e-4)


def test_nothing_decided_says_nothing() -> None:
    rate = win_rate(0, 0)
    assert rate.share is None and (rate.low, rate.high) == (0, 1) and not rate.clear


def test_questions_come_one_a_line_or_from_data(tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("你是谁？\n\nWho are you?\n你是谁？\n", encoding="utf-8")
    found = file_questions(str(tmp_path / "q.txt"), Job(), "Be brief.")
    assert [each[-1]["content"] for each in found] == ["你是谁？", "Who are you?"]
    assert found[0][0] == {"role": "system", "content": "Be brief."}
    (tmp_path / "q.jsonl").write_text('{"query": "a?", "response": "b"}\n')
    assert file_questions(str(tmp_path / "q.jsonl"), Job())[0][-1]["content"] == "a?"
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(DanluError) as caught:
        file_questions(str(tmp_path / "empty.txt"), Job())
    assert caught.value.code == "chat.no_questions"


def test_a_file_that_is_no_record_of_votes_is_passed_over() -> None:
    votes_root().mkdir(parents=True)
    (votes_root() / "x.jsonl").write_text("{}\n")
    assert ballot().votes == []


@pytest.mark.slow
def test_trl_takes_a_step_of_dpo_on_the_votes(tiny_model: Path, tmp_path: Path) -> None:
    voting = ballot()
    for number in range(4):
        voting.vote(asked(f"question {number}"), "from a", "from b", "second")
    voting.export(tmp_path / "preferences.jsonl")
    (loss,) = plain_dpo(tiny_model, tmp_path / "preferences.jsonl", max_steps=1)
    assert loss > 0


def test_a_tie_is_nobody_ahead(danlu_home: Path) -> None:
    ballot = open_ballot("one", "other", Sampling(), seed=3)
    ballot.vote([], "x", "y", "first" if ballot.first_side() == "a" else "second")
    assert "one" in verdict(ballot)
    ballot.vote([], "x", "y", "first" if ballot.first_side() == "b" else "second")
    assert verdict(ballot) == words.t("blind.level")
