"""One server with a base, two adapters and a key, asked by the real ``openai`` client."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest
from openai import OpenAI

from engine.runs.journal import Event, JournalFollower, read_journal
from engine.serve.plan import Backend, Plan, what_to_serve
from engine.serve.serving import Serving, start_serving, wait_until_serving
from tests.chat.conftest import adapter, other_adapter, talkative

__all__ = ["adapter", "other_adapter", "talkative"]

KEY = "a-key-for-the-tests"


@dataclass(frozen=True)
class Server:
    """A server that serves, and what its journal says."""

    serving: Serving
    url: str

    def client(self, key: str = KEY) -> OpenAI:
        return OpenAI(base_url=self.url, api_key=key, max_retries=0, timeout=60)

    def requests(self) -> list[Event]:
        return [event for event in read_journal(self.serving.path) if event["kind"] == "request"]


def serve(
    targets: list[str],
    renamed: list[str],
    key: str | None = None,
    host: str = "127.0.0.1",
    backend: Backend = "danlu",
    asked: bool = True,
    dtype: Literal["auto", "bfloat16", "float32"] = "auto",
) -> Server:
    """Start a server and wait until it serves."""
    model, named = what_to_serve(targets, renamed)
    plan = Plan(
        replace(model, dtype=dtype),
        tuple(named),
        host=host,
        port=0,
        requires_key=key is not None,
        backend=backend,
        asked=asked,
    )
    serving, process = start_serving(plan, key)
    event = wait_until_serving(serving, process, JournalFollower(serving.path), lambda _: None)
    return Server(serving, event["url"])


@pytest.fixture(
    scope="session", params=["danlu", pytest.param("transformers", marks=pytest.mark.slow)]
)
def server(
    request: pytest.FixtureRequest,
    talkative: Path,
    adapter: Path,
    other_adapter: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """``first`` and ``second``, two adapters, and ``talkative``, the model below them: from danlu's
    own server and from ``transformers serve`` behind the same front."""
    home = tmp_path_factory.mktemp("serving-home")
    before = os.environ.get("DANLU_HOME")
    os.environ["DANLU_HOME"] = str(home)
    try:
        names = [f"first={adapter}", f"second={other_adapter}"]
        made = serve([], names, KEY, backend=request.param)
    finally:
        os.environ.pop("DANLU_HOME")
        if before is not None:
            os.environ["DANLU_HOME"] = before
    yield made
    made.serving.end()
