"""Lists of questions that all begin alike."""

from __future__ import annotations

from tui.alike import shared_start, unshared


def test_questions_are_told_by_where_they_begin_to_differ():
    task = "请判断下面新闻的类别，只答类别。 新闻："
    asked = [f"{task}球队夺冠", f"{task}球星退役"]
    start = shared_start(asked)
    assert start == task
    assert [unshared(text, start) for text in asked] == ["…球队夺冠", "…球星退役"]
    assert unshared("别的问题", start) == "别的问题"


def test_short_or_single_questions_stay_whole():
    assert shared_start(["Who are you?", "Who made you?"]) == ""
    assert shared_start(["a question of many words, alone"]) == ""
    assert shared_start([]) == ""
