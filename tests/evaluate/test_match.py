"""The ladder of matches, thoughts, and labels found in answers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.evaluate.labels import LabelFinder, label_report, labels_of
from engine.evaluate.match import last_number, matches, normalised
from engine.evaluate.thought import as_asked, is_unfinished, without_thought


def test_each_rung_forgives_more() -> None:
    assert matches("exact", " 我是小炉。\n", "我是小炉。")
    assert not matches("exact", "我是小炉", "我是小炉。")
    assert matches("normalised", "我是小炉", "我是小炉。")
    assert matches("normalised", "ＥＭＢＥＲ， the furnace", "Ember, the Furnace!")
    assert matches("normalised", "使用 Python 训练", "使用Python训练")
    assert not matches("normalised", "答案：我是小炉", "我是小炉。")
    assert matches("contains", "答案：我是小炉，很高兴", "我是小炉。")
    assert not matches("contains", "I know him", "no")
    assert not matches("contains", "12.5", "2.5")
    assert matches("number", "So there are 1,250 apples.", "#### 1250")
    assert not matches("number", "no idea", "42")


def test_what_makes_a_number_or_a_name_stays() -> None:
    assert normalised("-5") != normalised("5")
    assert normalised("3.14") != normalised("314")
    assert normalised("1,000") == normalised("1000")
    assert normalised("C++") != normalised("C")
    assert normalised("C#") != normalised("C")
    assert matches("contains", "！", "！") and not matches("contains", "好", "！")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3 + 4 = 7", 7),
        ("答案是４２。", 42),
        ("-3", -3),
        ("5-2", 2),
        ("1 apple\n#### 12\n", 12),
        ("共 1,234.50 元", Decimal("1234.5")),
        ("none", None),
        ("no 3. then", 3),
    ],
)
def test_the_last_number_counts(text: str, number: object) -> None:
    assert last_number(text) == (None if number is None else Decimal(str(number)))


def test_thoughts_are_left_out_unless_the_reference_thinks() -> None:
    said = "<think>\n体育？\n</think>\n\n财经"
    assert without_thought(said) == "财经"
    assert without_thought("想一想</think>财经") == "财经"
    assert without_thought("<think>没有想完") == ""
    assert is_unfinished("<think>没有想完") and not is_unfinished(said)
    assert as_asked(said, "财经") == "财经"
    assert as_asked(said, "<think>是的</think>财经") == said
    assert as_asked(said, "<think>\n\n</think>\n\n财经") == "财经"


def test_labels_are_found_in_the_references() -> None:
    assert labels_of(["体育", "财经", "<think>a</think>体育", "财经", "体育"]) == ["体育", "财经"]
    assert labels_of(["a", "b", "c"]) is None, "each once"
    assert labels_of(["same"] * 9) is None
    assert labels_of(["x" * 40, "y"] * 5) is None


def test_the_label_an_answer_gives() -> None:
    find = LabelFinder(["体育", "财经", "体育产业", "yes", "no"]).find
    assert find("<think>不是财经</think>\n体育。") == "体育"
    assert find("类别：【财经】") == "财经"
    assert find("这条属于体育产业") == "体育产业", "the longer label, not the one within it"
    assert find("财经\n因为它不是体育") == "财经", "the first line decides"
    assert find("可能是体育，也可能是财经\n结论：财经") == "财经", "or the last"
    assert find("体育或财经") is None
    assert find("I know nothing") is None and find("Yes!") == "yes"
    assert find("<think>体育") is None, "a thought is no answer"


def test_accuracy_and_f1_as_done_by_hand() -> None:
    right = ["a"] * 4 + ["b"] * 3 + ["c"]
    given = ["a", "a", "b", None, "b", "b", "a", "b"]
    report = label_report(list(zip(right, given, strict=True)), ["a", "b", "c", "d"])
    assert report.accuracy == pytest.approx(100 * 4 / 8)
    by_name = {score.label: score for score in report.scores}
    assert set(by_name) == {"a", "b", "c"}, "a label that does not occur has no part"
    a, b = by_name["a"], by_name["b"]
    assert (a.precision, a.recall) == (pytest.approx(200 / 3), pytest.approx(50))
    assert a.f1 == pytest.approx(100 * 4 / 7) and b.f1 == pytest.approx(100 * 4 / 7)
    assert (b.support, b.predicted) == (3, 4)
    assert report.f1_macro == pytest.approx(100 * (4 / 7 + 4 / 7 + 0) / 3)
    assert report.f1_micro == pytest.approx(100 * 2 * 4 / (7 + 8))
    assert report.unclear == 1
    assert report.confusion == {
        "a": {"a": 2, "b": 1, "": 1},
        "b": {"a": 1, "b": 2},
        "c": {"b": 1},
    }
