"""ROUGE and BLEU are those of the field: its published examples, and figures done by hand."""

from __future__ import annotations

import math

import pytest

from engine.errors import DanluError
from engine.evaluate.likeness import language_of, require_scorer, text_scorer


def test_english_rouge_is_that_of_the_scorers_published_example() -> None:
    # The README of rouge-score; 6 of 8 and 9 words are shared, 5 of them in order.
    score = text_scorer("en").score(
        "The quick brown dog jumps on the log.", "The quick brown fox jumps over the lazy dog"
    )
    assert score["rouge-1"] == pytest.approx(100 * 2 * 6 / 17, abs=1e-3)
    assert score["rouge-2"] == pytest.approx(100 * 2 * 2 / 15, abs=1e-3)
    assert score["rouge-l"] == pytest.approx(100 * 2 * 5 / 17, abs=1e-3)


def test_english_bleu_is_that_of_sacrebleus_published_example() -> None:
    # The README of sacrebleu, with its first references alone.
    references = ["The dog bit the man.", "It was not unexpected.", "The man bit him first."]
    answers = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."]
    scorer = text_scorer("en")
    rows = [scorer.score(a, r) for a, r in zip(answers, references, strict=True)]
    assert rows[0]["bleu-4"] == pytest.approx(100)
    assert scorer.together(answers, references, rows)["bleu-4"] == pytest.approx(45.07, abs=0.01)


def test_chinese_rouge_goes_by_jiebas_words() -> None:
    # 我/爱/北京/天安门 against 我/爱/上海/天安门: 3 of 4 words, 1 of 3 pairs, 3 in order.
    score = text_scorer("zh").score("我爱北京天安门", "我爱上海天安门")
    assert score["rouge-1"] == pytest.approx(75, abs=1e-3)
    assert score["rouge-2"] == pytest.approx(100 / 3, abs=1e-3)
    assert score["rouge-l"] == pytest.approx(75, abs=1e-3)


def test_chinese_bleu_goes_by_characters_and_smooths_as_llama_factory_does() -> None:
    # 我爱北京天安门 against 我爱上海天安门: 5/7 characters, 3/6 pairs, 1/5 triples, and no four in
    # a row, for which method 3 takes 1/2 of one in four.
    score = text_scorer("zh").score("我爱北京天安门", "我爱上海天安门")
    by_hand = 100 * math.exp(sum(map(math.log, (5 / 7, 3 / 6, 1 / 5, 1 / 2 / 4))) / 4)
    assert score["bleu-4"] == pytest.approx(by_hand, abs=1e-3)


def test_the_same_steps_as_llama_factorys_metric_give_the_same_figures() -> None:
    import jieba
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
    from rouge_chinese import Rouge

    jieba.setLogLevel(30)
    pairs = [
        ("今天天气很好，适合出门。", "今天的天气不错，适合外出散步。"),
        ("小炉由丹炉实验室训练", "我是小炉，由丹炉实验室训练。"),
        ("ok", "好的，没有问题！"),
    ]
    scorer = text_scorer("zh")
    for answer, reference in pairs:
        hypothesis, wanted = list(jieba.cut(answer)), list(jieba.cut(reference))
        found: dict = Rouge().get_scores(" ".join(hypothesis), " ".join(wanted))[0]  # type: ignore
        bleu = sentence_bleu(
            [list(reference)], list(answer), smoothing_function=SmoothingFunction().method3
        )
        theirs = {name: round(value["f"] * 100, 4) for name, value in found.items()}
        theirs["bleu-4"] = round(float(bleu) * 100, 4)  # type: ignore[arg-type]
        assert scorer.score(answer, reference) == theirs


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_empty_answer_scores_nothing_and_an_equal_one_all(language: str) -> None:
    scorer = text_scorer(language)  # type: ignore[arg-type]
    assert set(scorer.score("", "丹炉 lab").values()) == {0.0}
    text = "the quick brown fox jumps" if language == "en" else "我爱北京天安门"
    assert min(scorer.score(text, text).values()) == pytest.approx(100, abs=1e-3)
    assert scorer.together([], [], []) in ({}, {"bleu-4": 0.0})


def test_the_language_is_told_by_the_share_of_han() -> None:
    assert language_of(["我是小炉，用 PyTorch 训练。"]) == "zh"
    assert language_of(["My name is 小炉, a model made by the Furnace Lab."]) == "en"
    assert language_of(["I am Ember.", "My name is Ember.", "我是小炉。"]) == "zh", "a mixed set"
    assert language_of([]) == "en"


def test_a_missing_library_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import importlib.util

    there = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name, *rest: None if name in ("jieba", "rouge_chinese") else there(name, *rest),
    )
    with pytest.raises(DanluError) as caught:
        require_scorer("zh")
    assert caught.value.code == "evaluate.libraries_missing"
    fixes = [caught.value.fix_text(fix) for fix in caught.value.fixes]
    assert fixes[0].endswith("pip install jieba rouge-chinese")
    require_scorer("en")
