"""A news classifier that thinks before it answers: sharegpt rows whose answers keep their
``<think>…</think>``, a checkpoint picked, figures on held-out rows, an export in as few bits as it
bears."""

from __future__ import annotations

import json
import random
from typing import Any

from engine.chat.target import resolve_target
from engine.evaluate.evaluate import folder_of
from engine.evaluate.stored_rows import stored_evaluations
from engine.export.manifest import MANIFEST_NAME
from engine.words import t
from tests.journeys.person import DOWN, ENTER, TRAINED, Person, write_rows
from tests.journeys.publishing import ACCOUNT, own_hub, publishes

CLASSES = {
    "体育": ["球队", "决赛", "教练", "进球", "联赛", "冠军"],
    "财经": ["股市", "央行", "利率", "基金", "上市", "通胀"],
    "科技": ["芯片", "模型", "卫星", "机器人", "算法", "手机"],
}
HEADLINES = (
    "{word}今日传来新消息",
    "专家谈{word}的前景",
    "{word}引发热议，各方回应",
    "一年之后，{word}怎样了",
    "记者手记：{word}背后的故事",
)


def news(count: int, seed: int) -> list[dict[str, Any]]:
    """``count`` conversations in sharegpt form, drawn from the headlines there can be."""
    drawn = random.Random(seed)
    every = [
        (headline.format(word=word), word, name)
        for name, known in CLASSES.items()
        for word in known
        for headline in HEADLINES
    ]
    return [
        {
            "conversations": [
                {"from": "human", "value": f"新闻：{text}。类别？"},
                {"from": "gpt", "value": f"<think>“{word}”属于{name}。</think>\n{name}"},
            ]
        }
        for text, word, name in drawn.sample(every, count)
    ]


def walk(person: Person) -> None:
    rows = news(90, seed=5)
    train = write_rows(person.desk / "news.jsonl", rows[:72])
    held_out = person.desk / "eval.json"
    held_out.write_text(json.dumps(rows[72:], ensure_ascii=False), encoding="utf-8")
    with own_hub(person) as hub, person.danlu():
        person.sees(t("home.start"))
        person.chooses(
            train,
            name="news",
            lora_rank="8",
            lora_alpha="16",
            loraplus_lr_ratio="16",
            max_length="128",
            num_train_epochs="3",
            learning_rate="3e-4",
            per_device_train_batch_size="4",
            gradient_accumulation_steps="2",
            save_steps="9",
            save_total_limit="3",
        )
        run = person.trains()
        assert run.spec().get("method.loraplus_lr_ratio") == 16
        person.does("trained the classifier")

        person.opens_runs(DOWN, "e")
        person.evaluates(held_out, tokens=64)
        checkpoint = run.last_checkpoint()
        assert checkpoint is not None
        figures = stored_evaluations(folder_of(resolve_target(str(checkpoint))))[0]
        person.does(f"measured it: {_told(figures)}")
        if person.learns:
            assert figures["metrics"]["accuracy"] > figures["base"]["accuracy"] + 0.3

        told = _exports(person, "bnb4", DOWN, DOWN, DOWN)
        if not told["verified"]:  # four bits can be too few for a model this small
            told = _exports(person, "bnb8", DOWN, DOWN, DOWN, DOWN)
        if person.learns:
            assert told["verified"]

        person.opens_runs("c")
        person.asks(_text(rows[-1], 0), _text(rows[-1], 1).splitlines()[-1])
        person.does("heard base and tuned model on a headline neither was shown")
        publishes(person, hub, f"{ACCOUNT}/news")


def _exports(person: Person, form: str, *moves: str) -> dict[str, Any]:
    """Export the checkpoint in ``form``, so many lines down, and read what is said of it."""
    person.opens_runs(DOWN, "x")
    person.sees(t(f"export.format.{form}"))
    person.presses(*moves, ENTER)
    person.sees(t("export.agreement"), seconds=TRAINED)
    made = next((person.home / "exports").glob(f"news-*{form}"))
    told = json.loads((made / MANIFEST_NAME).read_text(encoding="utf-8"))
    person.does(f"exported it as {form}; it answers as the checkpoint does: {told['verified']}")
    return told


def _text(row: dict[str, Any], turn: int) -> str:
    return row["conversations"][turn]["value"]


def _told(figures: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} {figures['base'][name]:.2f} → {figures['metrics'][name]:.2f}"
        for name in ("accuracy", "rouge-l", "bleu-4")
    )
