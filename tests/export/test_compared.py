"""What makes an export a bad one."""

from __future__ import annotations

from engine.export.compared import Compared, ComparedRow


def compared(*ended: bool | None) -> Compared:
    """Answers of thirty tokens, one of which is another one where the answer runs on."""
    rows = [
        ComparedRow("?", "yes", "yes", 30, 30 - (end is False), 29 if end is False else None, end)
        for end in ended
    ]
    return Compared(rows, 0.8, True, True, ["<|im_end|>"], ["<|im_end|>"], None, 1.0)


def test_answers_that_run_on_are_told_though_all_their_tokens_agree() -> None:
    found = compared(True, False, True, False, False)
    assert found.agreement > 0.95
    assert found.why == ["runs_on"]
    assert (found.same_answers, found.runs_on) == (2, 3)


def test_one_answer_may_run_on_and_so_may_those_the_checkpoint_does_not_end() -> None:
    assert compared(True, True, False).why == []
    assert compared(None, None, None).why == []
