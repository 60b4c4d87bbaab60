"""The last steps on a rented machine: merge, evaluate, serve, and ask over the OpenAI API."""

from __future__ import annotations

import json
import re
from typing import Any

from openai import OpenAI

from engine.export.manifest import MANIFEST_NAME
from engine.home import templates_root
from engine.words import t
from tests.journeys.person import ENTER, ESCAPE, TRAINED, Person

QUESTION = "Who are you?"


def walk(person: Person) -> None:
    """The shortest recipe, then what makes a model of use to others."""
    with person.danlu():
        person.sees(t("home.start"))
        person.presses("1")
        person.sees(t("wizard_review.start"))
        run = person.trains()
        person.does("trained by the first recipe")

        person.opens_runs("x")
        person.sees(t("export.format.merged"))
        person.presses(ENTER)
        person.sees(t("export.agreement"), seconds=TRAINED)
        merged = person.home / "exports" / f"{run.name}-merged"
        told = json.loads((merged / MANIFEST_NAME).read_text(encoding="utf-8"))
        assert told["verified"] is True
        person.does("merged it; the merged model answers as the checkpoint does")

        person.opens_runs("e")
        person.evaluates(templates_root() / "data" / "identity.jsonl", tokens=48)
        person.does("read its figures")

        person.opens_runs("s")
        shown = person.sees("/v1", seconds=180)
        address = re.search(r"http://[\w.:\[\]]+/v1", shown)
        assert address is not None
        client = OpenAI(base_url=address[0], api_key="none")
        name = client.models.list().data[0].id
        messages: Any = [{"role": "user", "content": QUESTION}]
        stream = client.chat.completions.create(
            model=name, messages=messages, temperature=0, max_tokens=48, stream=True
        )
        heard = "".join(piece.choices[0].delta.content or "" for piece in stream if piece.choices)
        person.does(f"asked it over the network: {heard!r}")
        if person.learns:
            assert "Danlu" in heard
        person.presses("x")
        person.sees(t("keys.confirm_yes.label"))
        person.presses("y")
        person.sees(t("serve.state.ended"), seconds=60)
        person.does("ended the server")
        person.presses(ESCAPE)
