"""How like the reference an answer is: ROUGE and BLEU, by the field's own scorers.

Imports jieba, rouge-chinese, nltk, rouge-score and sacrebleu when a scorer is made.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import warnings
from collections.abc import Sequence
from typing import Any, Literal, Protocol

from engine.errors import DanluError

Language = Literal["zh", "en"]
TEXT_METRICS = ("rouge-1", "rouge-2", "rouge-l", "bleu-4")

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_MOSTLY = 0.3  # share of Han among letters from which a text is Chinese: one is a word's worth
_SOME = 0.1  # share of Chinese texts from which a set is read as Chinese
# Import name → what pip calls it.
_NEEDED: dict[Language, dict[str, str]] = {
    "zh": {"jieba": "jieba", "rouge_chinese": "rouge-chinese", "nltk": "nltk"},
    "en": {"rouge_score": "rouge-score", "sacrebleu": "sacrebleu"},
}


class TextScorer(Protocol):
    """Scores answers against references, in percent."""

    names: dict[str, str]  # what scored: {"rouge": …, "bleu": …}

    def score(self, answer: str, reference: str) -> dict[str, float]:
        """The TEXT_METRICS of one row."""
        ...

    def together(
        self, answers: Sequence[str], references: Sequence[str], rows: Sequence[dict[str, float]]
    ) -> dict[str, float]:
        """The TEXT_METRICS of all rows, given those of each."""
        ...


def language_of(texts: Sequence[str]) -> Language:
    """``zh`` where a tenth of ``texts`` or more is mostly Han, else ``en``. Mixed ones count as
    Chinese: jieba splits English too, while the English scorer sees no Han at all."""
    chinese = sum(_is_chinese(text) for text in texts)
    return "zh" if chinese and chinese >= _SOME * len(texts) else "en"


def _is_chinese(text: str) -> bool:
    return len(_HAN.findall(text)) > _MOSTLY * sum(sign.isalpha() for sign in text)


def require_scorer(language: Language) -> None:
    """Raises DanluError ``evaluate.libraries_missing`` where its scorer's libraries are not all
    installed."""
    missing = [
        package
        for module, package in _NEEDED[language].items()
        if importlib.util.find_spec(module) is None
    ]
    if missing:
        raise DanluError("evaluate.libraries_missing", packages=" ".join(missing))


def text_scorer(language: Language) -> TextScorer:
    """The scorer for texts of ``language``. Raises DanluError as :func:`require_scorer`."""
    require_scorer(language)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of syntax and packaging, at every import of jieba
        return _Chinese() if language == "zh" else _English()


class _Chinese:
    """As LLaMA-Factory's metric does it, so that figures compare: ROUGE of rouge-chinese over
    jieba's words, BLEU-4 of nltk over characters with smoothing method 3, the mean of all rows."""

    def __init__(self) -> None:
        import jieba
        from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
        from rouge_chinese import Rouge

        self.names = {"rouge": "jieba + rouge-chinese", "bleu": "nltk method3, characters"}
        jieba.setLogLevel(logging.WARNING)
        self._cut: Any = jieba.cut
        self._rouge: Any = Rouge()
        self._bleu: Any = sentence_bleu
        self._smoothing: Any = SmoothingFunction().method3

    def score(self, answer: str, reference: str) -> dict[str, float]:
        given, wanted = " ".join(self._cut(answer)), " ".join(self._cut(reference))
        if given.split() and wanted.split():
            found = self._rouge.get_scores(given, wanted)[0]
        else:
            found = {name: {"f": 0.0} for name in TEXT_METRICS[:3]}
        bleu = self._bleu([list(reference)], list(answer), smoothing_function=self._smoothing)
        scores = {name: round(100 * found[name]["f"], 4) for name in TEXT_METRICS[:3]}
        return {**scores, "bleu-4": round(100 * float(bleu), 4)}

    def together(
        self, answers: Sequence[str], references: Sequence[str], rows: Sequence[dict[str, float]]
    ) -> dict[str, float]:
        return mean_of(rows, TEXT_METRICS)


class _English:
    """ROUGE of Google's rouge-score, without stemming, the mean of all rows; BLEU-4 of sacrebleu,
    of a row by its sentence form, of all rows by its corpus form."""

    def __init__(self) -> None:
        import sacrebleu
        from rouge_score.rouge_scorer import RougeScorer

        self.names = {"rouge": "rouge-score", "bleu": "sacrebleu"}
        self._rouge: Any = RougeScorer(["rouge1", "rouge2", "rougeL"])
        self._bleu: Any = sacrebleu

    def score(self, answer: str, reference: str) -> dict[str, float]:
        found = self._rouge.score(reference, answer)
        bleu = self._bleu.sentence_bleu(answer, [reference]).score
        scores = {
            f"rouge-{name[5:].lower()}": round(100 * score.fmeasure, 4)
            for name, score in found.items()
        }
        return {**scores, "bleu-4": round(bleu, 4)}

    def together(
        self, answers: Sequence[str], references: Sequence[str], rows: Sequence[dict[str, float]]
    ) -> dict[str, float]:
        corpus = self._bleu.corpus_bleu(list(answers), [list(references)]).score if rows else 0.0
        return {**mean_of(rows, TEXT_METRICS[:3]), "bleu-4": round(corpus, 4)}


def mean_of(rows: Sequence[dict[str, float]], names: Sequence[str]) -> dict[str, float]:
    """The mean of each metric over ``rows``; nothing without rows."""
    if not rows:
        return {}
    return {name: round(sum(row[name] for row in rows) / len(rows), 4) for name in names}
