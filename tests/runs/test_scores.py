"""What a verification found is known of the run as soon as it is kept."""

from __future__ import annotations

from engine.chat.kept_reports import Earlier
from engine.chat.target import ChatTarget
from engine.chat.verify_report import VerifiedRow, VerifyReport
from engine.home import runs_root
from engine.runs.contents import contents_of
from engine.runs.head_index import read_heads
from engine.runs.scan import scan
from engine.runs.scores import Score, read_score
from engine.spec.sections import Model
from tests.tui.sample_runs import make_run


def test_a_kept_verification_is_the_score_of_its_checkpoint_and_run() -> None:
    run = make_run("identity", best=80)
    (before,) = (head for _, head in read_heads(scan(runs_root())))
    assert before.score is None
    rows = [VerifiedRow("a", "x", "", "x"), VerifiedRow("b", "y", "y", "z")]
    folder = run.path / "checkpoint-80"
    target = ChatTarget(Model(source="embedded"), "identity", adapter=folder, run=run)
    assert VerifyReport(target, rows, 1.0).keep() is not None
    (after,) = (head for _, head in read_heads(scan(runs_root())))
    assert after.score == Score(right=1, questions=2, base_right=1, worse=1)
    assert [kept.score for kept in contents_of(run).kept] == [None, after.score]
    before_that = Earlier("identity/checkpoint-160", {("a", "x"): "x", ("b", "y"): "y"})
    rows[0] = VerifiedRow("a", "x", "", "w")
    VerifyReport(target, rows, 1.0, earlier=before_that).keep()
    now = read_score(folder)
    assert now is not None and now.worse == 2, "one since the base, both since the last report"
