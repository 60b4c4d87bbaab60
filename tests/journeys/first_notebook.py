"""A first fine-tune in a cloud notebook: model and rows from a hub, a run watched, its checkpoint
talked to, exported and published under the person's own name."""

from __future__ import annotations

import json

from engine.home import templates_root
from engine.runs.store import Run
from engine.units import human_count
from engine.words import t
from tests.journeys.person import DOWN, ENTER, RIGHT, TRAINED, Person, write_rows
from tests.journeys.publishing import ACCOUNT, own_hub, publishes
from tests.publish.loopback_upload import UploadHub

MODEL, ROWS = "ember/small-instruct", "swift/self-cognition"
NAME, AUTHOR = "小炉", "丹炉实验室"


def walk(person: Person) -> None:
    with own_hub(person) as hub:
        _stock(hub, person)
        with person.danlu():
            person.sees(t("home.start"))
            person.presses("2")
            _takes_model_and_rows(person)
            person.does("fetched model and rows from the hub")
            run = _trains(person)
            person.does(f"trained {human_count(run.summary().step)} steps")
            person.presses("c")
            person.asks("你是谁？", NAME)
            person.does("talked to it")
            person.opens_runs("e")
            person.evaluates(person.desk / "to-upload" / "self_cognition.jsonl", tokens=32)
            person.does("read its figures")
            person.opens_runs("x")
            person.sees(t("export.format.adapter"))
            person.presses(DOWN, ENTER)
            person.sees(t("export.agreement"), seconds=TRAINED)
            person.does(f"exported the adapter of {run.name}")
            publishes(person, hub, f"{ACCOUNT}/my-first")


def _stock(hub: UploadHub, person: Person) -> None:
    """A model, and rows with open names in them."""
    hub.add(MODEL, person.model)
    folder = person.desk / "to-upload"
    folder.mkdir()
    bundled = (templates_root() / "data" / "identity.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in bundled.splitlines()]
    write_rows(
        folder / "self_cognition.jsonl",
        [{"query": row["instruction"], "response": row["output"]} for row in rows],
    )
    hub.add(ROWS, folder, "dataset")


def _takes_model_and_rows(person: Person) -> None:
    person.sees("SmolLM2-135M-Instruct")
    person.presses("h")
    person.writes(MODEL.partition("/")[2])
    person.sees(MODEL)
    person.presses(DOWN, ENTER)
    person.sees(f"● {MODEL}")
    person.presses("f")
    person.sees(t("wizard_model.here"), seconds=TRAINED)
    person.presses(RIGHT)
    person.presses("h")
    person.writes(ROWS)
    person.sees("108", "sft")
    person.presses(ENTER)
    person.sees(t("wizard_data.go"))
    person.sees("{{NAME}}")
    person.moves_to("{{NAME}}")
    person.presses(ENTER)
    for name, value in (("NAME", NAME), ("AUTHOR", AUTHOR)):  # the second is asked for by itself
        person.sees(t("wizard_data.fill", name=f"{{{{{name}}}}}"))
        person.writes(value)
        person.presses(ENTER)
    person.sees(f"= {AUTHOR}")


def _trains(person: Person) -> Run:
    person.presses("4")
    person.sees(t("wizard_parameters.go"), seconds=120)
    person.sets(
        name="first",
        lora_rank="8",
        lora_alpha="32",
        max_length="256",
        num_train_epochs="10",
        learning_rate="0.0015",
        per_device_train_batch_size="4",
        gradient_accumulation_steps="1",
    )
    person.presses("5")
    person.sees(t("wizard_review.start"))
    return person.trains()
