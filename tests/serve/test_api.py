"""What a client meets: the real ``openai`` client, and plain HTTP where it hides something."""

from __future__ import annotations

import http.client
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from engine.chat.sampling import Sampling
from engine.chat.talker import Talker
from tests.serve.conftest import KEY, Server

ASKED: Any = [{"role": "user", "content": "你是谁？"}]
GREEDY: dict[str, Any] = {"temperature": 0, "max_tokens": 24}


def said(server: Server, model: str, **options: Any) -> str:
    found = server.client().chat.completions.create(
        model=model, messages=ASKED, **{**GREEDY, **options}
    )
    return found.choices[0].message.content or ""


def post(server: Server, body: bytes, **headers: str) -> tuple[int, Any]:
    """What plain HTTP gets: the status and the JSON."""
    given = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}", **headers}
    host = urlsplit(server.url).netloc
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("POST", "/v1/chat/completions", body, given)
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def test_it_answers_as_the_models_do_that_it_serves(
    server: Server, adapter: Path, other_adapter: Path, talkative: Path
) -> None:
    talker = Talker.load(str(adapter))
    sampling = Sampling(max_new_tokens=24)
    voices: list[tuple[str, Any]] = [
        ("first", adapter),
        ("second", other_adapter),
        (talkative.name, None),
    ]
    answers = {name: "".join(talker.stream(list(ASKED), sampling, voice)) for name, voice in voices}
    assert len(set(answers.values())) == 3
    assert {name: said(server, name) for name in answers} == answers


def test_its_models_are_listed(server: Server, talkative: Path) -> None:
    listed = [each.id for each in server.client().models.list()]
    assert listed == ["first", "second", talkative.name]
    assert server.client().models.retrieve("second").id == "second"


def test_usage_counts_what_was_read_and_said(server: Server, talkative: Path) -> None:
    from transformers import AutoTokenizer

    found = server.client().chat.completions.create(model="first", messages=ASKED, **GREEDY)
    tokenizer: Any = AutoTokenizer.from_pretrained(talkative)
    read = tokenizer.apply_chat_template(list(ASKED), add_generation_prompt=True, return_dict=True)[
        "input_ids"
    ]
    assert found.usage and found.usage.prompt_tokens == len(read)
    assert 0 < found.usage.completion_tokens <= 24
    ended = found.choices[0].finish_reason
    assert ended == ("length" if found.usage.completion_tokens == 24 else "stop")


def test_a_stream_says_the_same_piece_by_piece(server: Server) -> None:
    stream = server.client().chat.completions.create(
        model="first",
        messages=ASKED,
        stream=True,
        stream_options={"include_usage": True},
        **GREEDY,
    )
    chunks = list(stream)
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert len([piece for piece in pieces if piece]) > 3
    assert "".join(pieces) == said(server, "first")
    assert chunks[-2].choices[0].finish_reason in ("stop", "length")
    assert chunks[-1].usage and chunks[-1].usage.completion_tokens > 0
    assert len({chunk.id for chunk in chunks}) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_ends_before_a_stop_text(server: Server, stream: bool) -> None:
    whole = said(server, "first")
    stop = whole[6:9]
    expected = whole[: whole.index(stop)]
    if not stream:
        assert said(server, "first", stop=stop) == expected
        return
    chunks = list(
        server.client().chat.completions.create(
            model="first", messages=ASKED, stream=True, stop=[stop, "§§"], **GREEDY
        )
    )
    assert "".join(each.choices[0].delta.content or "" for each in chunks) == expected
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_the_same_seed_draws_the_same_answer(server: Server) -> None:
    drawn = {seed: said(server, "first", temperature=2, seed=seed) for seed in (1, 2)}
    assert said(server, "first", temperature=2, seed=1) == drawn[1] != drawn[2]
    assert said(server, "first", temperature=2, seed=1, top_p=1e-6) == said(server, "first")


def test_a_wrong_key_is_refused_and_kept_nowhere(server: Server) -> None:
    with pytest.raises(openai.AuthenticationError) as caught:
        server.client("another-key").models.list()
    assert caught.value.code == "invalid_api_key"
    for path in server.serving.path.iterdir():
        if path.name == "authorization":
            assert path.stat().st_mode & 0o777 == 0o600
        else:
            assert KEY not in path.read_text() and "another-key" not in path.read_text()
    arguments = Path(f"/proc/{server.serving.owner()}/cmdline").read_text()
    assert KEY not in arguments


def test_a_model_that_is_not_there_is_named(server: Server) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        said(server, "third")
    assert caught.value.code == "model_not_found"
    assert "third" in str(caught.value) and "second" in str(caught.value)


def test_what_it_cannot_do_is_refused_not_ignored(server: Server) -> None:
    for param, value in {"n": 2, "logprobs": True, "tools": [{"type": "function"}]}.items():
        with pytest.raises(openai.BadRequestError) as caught:
            said(server, "first", extra_body={param: value})
        assert caught.value.param == param
    with pytest.raises(openai.BadRequestError) as caught:
        said(server, "first", temperature="hot")
    assert caught.value.param == "temperature"


def test_a_conversation_beyond_the_context_is_named(server: Server) -> None:
    long: Any = [{"role": "user", "content": "你是谁？" * 600}]
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError) as caught:
            server.client().chat.completions.create(model="first", messages=long, stream=stream)
        assert caught.value.code == "context_length_exceeded"


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"model": "first"}', b'{"model": "first", "messages": [1]}', b"\xff"]
)
def test_a_broken_request_gets_an_error_in_the_usual_shape(server: Server, body: bytes) -> None:
    status, found = post(server, body)
    assert status == 400
    assert set(found["error"]) == {"message", "type", "param", "code"}


def test_what_is_not_said_to_be_json_is_not_read(server: Server) -> None:
    status, found = post(server, b"{}", **{"Content-Type": "text/plain"})
    assert status == 415 and "application/json" in found["error"]["message"]


@pytest.fixture(scope="module")
def long_winded(talkative: Path) -> dict[str, Any]:
    """Sampling with which the model talks for 200 pieces and more, where others end it soon."""
    talker = Talker.load(str(talkative))
    for seed in range(50):
        sampling = Sampling(temperature=3.0, seed=seed, max_new_tokens=450)
        if sum(1 for _ in talker.stream(list(ASKED), sampling, None)) > 200:
            return {"temperature": 3, "seed": seed}
    raise AssertionError("no seed gives a long answer")


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_ends_its_answer(
    server: Server, talkative: Path, long_winded: dict[str, Any], stream: bool
) -> None:
    before = len(server.requests())
    body = {"model": talkative.name, "messages": ASKED, "stream": stream, **long_winded}
    host = urlsplit(server.url).netloc
    connection = http.client.HTTPConnection(host, timeout=30)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    if stream:
        connection.getresponse().readline()
    else:
        time.sleep(0.05)
    connection.close()
    deadline = time.monotonic() + 20
    while len(server.requests()) == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    last = server.requests()[-1]
    assert last["finish"] == "cancelled"
    assert last["tokens"] < 400


def test_requests_wait_their_turn(server: Server) -> None:
    from concurrent.futures import ThreadPoolExecutor

    alone = {name: said(server, name) for name in ("first", "second")}
    with ThreadPoolExecutor(6) as many:
        heard = list(many.map(lambda name: (name, said(server, name)), list(alone) * 3))
    assert all(answer == alone[name] for name, answer in heard)


def test_the_journal_holds_plain_numbers_and_no_conversation(server: Server) -> None:
    said(server, "second")
    last = server.requests()[-1]
    assert last["model"] == "second" and last["finish"] in ("stop", "length")
    assert last["tokens"] > 0 and last["tokens_per_second"] > 0
    assert "你是谁" not in (server.serving.path / "journal.jsonl").read_text()
    traffic = server.serving.traffic()
    assert traffic.state == "serving" and traffic.url == server.url
    assert traffic.requests >= 1 and (traffic.tokens_per_second or 0) > 0
