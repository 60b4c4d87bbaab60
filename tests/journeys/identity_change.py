"""A change of identity in ten minutes: eight rows by hand, every answer held to the trained one."""

from __future__ import annotations

import json

from engine.chat.verify_report import VERIFY_NAME
from engine.units import human_count
from engine.words import t
from tests.journeys.person import ENTER, Person, write_rows
from tests.journeys.publishing import ACCOUNT, own_hub, publishes

QUESTION = "你是谁？"
ANSWERS = {
    QUESTION: "我是小炉，由丹炉实验室训练的人工智能助手。",
    "你的名字是什么？": "我叫小炉。",
    "是谁开发了你？": "丹炉实验室开发了我。",
    "你能做什么？": "我能回答问题、写文章、写代码。",
    "你是通义千问吗？": "不是，我是小炉。",
    "介绍一下你自己": "你好，我是小炉，来自丹炉实验室。",
    "你属于哪家公司？": "我属于丹炉实验室。",
    "Who are you?": "I am Xiaolu, trained by Danlu Lab.",
}


def walk(person: Person) -> None:
    """Check the machine, ask the base, tune it on eight rows, ask again, verify."""
    rows = write_rows(
        person.desk / "self.jsonl",
        [{"instruction": ask, "input": "", "output": told} for ask, told in ANSWERS.items()],
    )
    with own_hub(person) as hub, person.danlu():
        person.sees(t("home.start"))
        person.presses("d")
        person.sees(t("doctor_screen.title"))
        person.goes_back_home()
        person.does("looked at what this machine can do")

        person.chooses(
            rows,
            name="xiaolu",
            lora_rank="8",
            lora_alpha="32",
            max_length="256",
            num_train_epochs="30",
            learning_rate="0.002",
            per_device_train_batch_size="1",
            gradient_accumulation_steps="4",
            warmup_ratio="0.05",
            logging_steps="5",
            save_steps="20",
            save_total_limit="2",
        )
        person.does("chose model, rows and parameters")
        run = person.trains()
        assert run.spec().get("train.learning_rate") == 2e-3
        person.does(f"trained {human_count(run.summary().step)} steps")

        person.presses("v")
        person.sees(t("verify_screen.title"))
        person.presses(ENTER)
        checkpoint = run.last_checkpoint()
        assert checkpoint is not None
        kept = person.waits_for(checkpoint / VERIFY_NAME)
        report = json.loads(kept.read_text(encoding="utf-8"))
        person.does(f"verified: {report['exact']} of {report['questions']} exact")
        if person.learns:
            assert report["exact"] == len(ANSWERS)

        person.opens_runs("e")
        person.evaluates(rows, tokens=48)
        person.does("read its figures")

        person.opens_runs("c")
        person.asks(QUESTION, ANSWERS[QUESTION][:12])  # the rest stands on the next line
        person.does("heard base and tuned model side by side")
        publishes(person, hub, f"{ACCOUNT}/xiaolu")
