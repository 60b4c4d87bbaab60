"""What makes an export a bad one."""

from __future__ import annotations

from engine.export.compared import Compared, ComparedRow
from tui.export_facts import verdict


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


def test_tokens_that_agree_do_not_hide_answers_that_part() -> None:
    def said(same: int, threshold: float) -> str:
        rows = [{"divergence": None if at < same else 7} for at in range(18)]
        found = {"prompts": 18, "rows": rows, "threshold": threshold}
        return verdict({"verified": True, "verification": found})

    assert said(18, 0.8).startswith("Verified")
    assert "9 of 18 answers" in said(9, 0.8) and "too coarsely" in said(9, 0.8)
    assert "16 of 18 answers" in said(16, 0.97) and "too coarsely" not in said(16, 0.97)
