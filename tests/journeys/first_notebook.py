"""A first fine-tune in a cloud notebook: model and rows from a hub, a run watched, its checkpoint
talked to, exported and published under the person's own name."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

from engine.home import templates_root
from engine.runs.store import Run
from engine.units import human_count
from engine.words import t
from tests.journeys.person import CLEAR, DOWN, ENTER, RIGHT, TRAINED, Person, write_rows
from tests.publish.loopback_upload import UploadHub, upload_hub

MODEL, ROWS, MINE = "ember/small-instruct", "swift/self-cognition", "ember/my-first"
TOKEN = "ms-thisisaverysecrettoken"
NAME, AUTHOR = "小炉", "丹炉实验室"


def walk(person: Person) -> None:
    with upload_hub() as hub:
        _stock(hub, person)
        person.environment |= _pointing_at(hub, person.desk.parent)
        with person.danlu():
            person.sees(t("home.start"))
            person.presses("2")
            _takes_model_and_rows(person)
            person.does("fetched model and rows from the hub")
            run = _trains(person)
            person.does(f"trained {human_count(run.summary().step)} steps")
            _talks(person)
            person.goes_back_home()
            _exports(person, run)
            person.goes_back_home()
            _publishes(person, hub)
        files = hub.files(MINE)
        assert {"README.md", "adapter_config.json", "adapter_model.safetensors"} <= set(files)
        assert hub.private[MINE]
        assert not any(TOKEN.encode() in each for each in _written(person.home))
        person.does(f"published {MINE}, private; the token is written nowhere")


def _stock(hub: UploadHub, person: Person) -> None:
    """A model, rows with open names in them, and the person's account."""
    hub.account("ember", TOKEN)
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


def _pointing_at(hub: UploadHub, folder: Path) -> dict[str, str]:
    """Both clients at this hub, with stores of their own."""
    return {
        "MODELSCOPE_ENDPOINT": hub.address,
        "HF_ENDPOINT": hub.address,
        "HF_HUB_DISABLE_XET": "1",  # its storage speaks a protocol of its own
        "MODELSCOPE_CACHE": str(folder / "modelscope"),
        "MODELSCOPE_HOME": str(folder / "modelscope-home"),
        "HF_HOME": str(folder / "huggingface"),
    }


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
    person.sees("{{NAME}}")
    person.moves_to("{{NAME}}")
    person.presses(ENTER)
    for value in (NAME, AUTHOR):  # the second open name is asked for behind the first
        person.writes(value)
        person.presses(ENTER)
        person.sees(f"= {value}")


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


def _talks(person: Person) -> None:
    person.presses("c")
    person.asks("你是谁？", NAME)


def _exports(person: Person, run: Run) -> None:
    person.opens_runs("x")
    person.sees(t("export.format.adapter"))
    person.presses(DOWN, ENTER)
    person.sees(t("export.agreement"), seconds=TRAINED)
    person.does(f"exported the adapter of {run.name}")


def _publishes(person: Person, hub: UploadHub) -> None:
    """From the home menu: the run, the name, the token, and the end of the job."""
    person.presses("8")
    person.sees(t("publish_screen.pick"))
    person.presses(ENTER)
    person.sees(t("publish_screen.repo"))
    person.presses("s")
    person.sees(t("publish_screen.ask", hub="ModelScope").split(" ")[0])
    person.presses(CLEAR)
    person.writes(MINE)
    person.presses(ENTER)
    person.sees(t("publish_screen.token"))
    person.writes(TOKEN)
    person.presses(ENTER)
    deadline = time.monotonic() + 120
    while MINE not in hub.repos or "README.md" not in hub.files(MINE):
        assert time.monotonic() < deadline, person.terminal.text()
        person.terminal.rest(0.5)


def _written(folder: Path) -> Iterator[bytes]:
    """All that danlu wrote but weights."""
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix not in (".safetensors", ".pt", ".arrow"):
            yield path.read_bytes()
