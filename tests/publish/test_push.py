"""Publishing with both hubs' own clients: what arrives, what never does, and broken lines."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from engine import words
from engine.chat.target import resolve_target
from engine.errors import DanluError
from engine.hub.reference import Hub
from engine.job import Cancelled, Job
from engine.publish.push import Pushed, push
from engine.publish.request import PushRequest
from engine.publish.stage import stage
from engine.runs.store import Run
from tests.cancelling import cancel_when
from tests.hub.loopback_hub import closed_address
from tests.publish.conftest import NEVER, TOKEN, WEIGHTS_SIZE, Hubs
from tui.main import main

REPO = "ember/little-furnace"
WEIGHTS = "adapter_model.safetensors"
pytestmark = pytest.mark.slow
both = pytest.mark.parametrize("name", ["modelscope", "huggingface"])


def pushed(name: Hub, repo: str = REPO, job: Job | None = None, **how: Any) -> Pushed:
    target = resolve_target("identity")
    return push(PushRequest(target, repo, name, **how), job or Job())


def code_of(name: Hub, repo: str = REPO, **how: Any) -> str:
    with pytest.raises(DanluError) as caught:
        pushed(name, repo, **how)
    document = caught.value.document()
    assert document["what"] and document["why"] and document["fixes"]
    assert TOKEN not in json.dumps(document)
    return caught.value.code


def front(data: bytes) -> dict[str, object]:
    return yaml.safe_load(data.decode().split("---")[1])


@both
def test_a_run_is_published_whole_private_by_one_commit_and_nothing_else_leaves(
    logged_in: Hubs, run: Run, name: Hub, tmp_path: Path
) -> None:
    told: dict[str, float] = {}
    job = Job(lambda now: told.update({part.name: part.total for part in now.parts}))
    done = pushed(name, job=job)
    hub = logged_in.named(name)
    there = hub.files(REPO)
    assert hub.private[REPO] and done.private and done.created and len(hub.messages) == 1
    assert set(there) == {
        "README.md", "loss.svg", "adapter_config.json", WEIGHTS, "tokenizer.json",
        "tokenizer_config.json", "chat_template.jinja",
    }  # fmt: skip
    assert not set(NEVER) & set(there)
    assert not any(str(tmp_path).encode() in data for data in there.values())
    assert not any(b"secret-folder" in data for data in there.values())
    assert told == {path: len(data) for path, data in there.items()}  # how far each file was
    here = run.path / "checkpoint-160"
    for kept in (WEIGHTS, "tokenizer.json", "chat_template.jinja"):
        assert there[kept] == (here / kept).read_bytes()
    config = json.loads(there["adapter_config.json"])
    assert config["base_model_name_or_path"] == "Qwen/Qwen2.5-0.5B-Instruct"
    assert done.url.endswith(REPO) and done.commit == hub.repos[REPO].commit
    assert job.progress.phase == "push_commit"
    assert sorted(values["file"] for code, values in job.notes if code == "publish.sent") == sorted(
        there
    )


@pytest.mark.parametrize(("name", "tongue"), [("modelscope", "zh"), ("huggingface", "en")])
def test_the_card_tells_base_licence_data_and_answers(
    logged_in: Hubs, run: Run, name: Hub, tongue: str
) -> None:
    words.use_language(tongue)
    row = {"question": "SECRETROW", "expected": "a", "base": "b", "tuned": "a", "exact": True}
    found = {"questions": 1, "exact": 1, "right": 1, "rows": [row]}
    (run.path / "checkpoint-160" / "verify.json").write_text(json.dumps(found))
    pushed(name)
    card = logged_in.named(name).files(REPO)["README.md"]
    head = front(card)
    assert head["base_model"] == ["Qwen/Qwen2.5-0.5B-Instruct"]
    assert head["license"] == "apache-2.0" and head["library_name"] == "peft"
    assert head["base_model_relation"] == "adapter"
    assert head["datasets"] == ["AI-ModelScope/alpaca-zh"]
    assert head["language"] == (["zh", "en"] if tongue == "zh" else ["en", "zh"])
    key = "pipeline_tag" if name == "huggingface" else "tasks"
    assert head[key] in ("text-generation", ["text-generation"])
    body = card.decode()
    for told in ("I'm SmolLM", "(loss.svg)", "`self.jsonl`", "`method.lora_rank`", "0.0704", REPO):
        assert told in body, told
    assert ("许可证" in body) == (tongue == "zh")
    assert "checkpoint-160" in body and "SECRETROW" not in body


def test_a_licence_that_is_not_known_is_not_made_up(
    logged_in: Hubs, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "cache" / "base" / "README.md").write_text("---\nlicense: Tongyi Qianwen\n---\n")
    pushed("modelscope")
    hub = logged_in.modelscope
    assert front(hub.files(REPO)["README.md"])["license"] == "Tongyi Qianwen"
    assert hub.licenses[REPO] == "Tongyi Qianwen"
    stage(PushRequest(resolve_target("identity"), REPO, "huggingface"), tmp_path)
    head = front((tmp_path / "README.md").read_bytes())
    assert (head["license"], head["license_name"]) == ("other", "tongyi-qianwen")


@both
def test_the_same_again_sends_nothing(logged_in: Hubs, run: Run, name: Hub) -> None:
    pushed(name)
    hub = logged_in.named(name)
    received = hub.received_bytes
    again = pushed(name)
    assert again.sent == [] and again.sent_bytes == 0 and not again.created
    assert hub.received_bytes == received and len(hub.messages) == 1
    (run.path / "checkpoint-160" / "chat_template.jinja").write_text("{{ other }}")
    assert pushed(name).sent == ["chat_template.jinja"]


@both
def test_server_errors_and_a_cut_line_are_outlived(logged_in: Hubs, run: Run, name: Hub) -> None:
    hub = logged_in.named(name)
    hub.break_("/put/", status=500)
    hub.break_("/put/", cut_at=100_000)
    hub.break_("/api/repos/create" if name == "huggingface" else "/api/v1/models", status=500)
    hub.break_("/commit/", status=500)
    pushed(name)
    data = (run.path / "checkpoint-160" / WEIGHTS).read_bytes()
    assert hub.files(REPO)[WEIGHTS] == data


@both
def test_a_repository_that_is_made_at_the_same_moment_is_taken(
    logged_in: Hubs, run: Run, name: Hub
) -> None:
    hub = logged_in.named(name)

    def made_by_another() -> None:
        if hub.requests[-1].path in ("/api/repos/create", "/api/v1/models"):
            hub.made(REPO, private=True)

    hub.on_request = made_by_another
    done = pushed(name)
    assert done.private and not done.created and "README.md" in hub.files(REPO)


@both
def test_broken_off_in_a_file_it_goes_on_with_what_is_missing(
    logged_in: Hubs, run: Run, name: Hub
) -> None:
    hub = logged_in.named(name)
    folder = run.path / "checkpoint-160"
    (folder / "LICENSE").write_text("licence " * 40_000)  # a large file that goes before
    hub.break_("/put/" + sha(folder / WEIGHTS), hang=3_000_000)
    seen: list[float] = []
    job = Job(lambda p: seen.append(p.done) if p.phase == "push_upload" else None)
    asked = cancel_when(job, lambda: any(done > 2_500_000 for done in seen))
    with pytest.raises(Cancelled):
        pushed(name, job=job)
    assert time.monotonic() - asked[0] < 1.5
    assert any(2_500_000 < done < WEIGHTS_SIZE + 600_000 for done in seen)
    assert hub.repos[REPO].files == {}  # nothing half-published
    received = hub.received_bytes
    pushed(name)
    assert hub.received_bytes - received < WEIGHTS_SIZE + 20_000
    assert set(hub.files(REPO)) > {WEIGHTS, "LICENSE", "tokenizer.json"}


def sha(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.slow
@both
def test_a_line_that_stays_broken_has_a_name(logged_in: Hubs, run: Run, name: Hub) -> None:
    hub = logged_in.named(name)
    hub.break_("/put/", cut_at=50_000, times=99)
    assert code_of(name) == "publish.connection_lost"
    hub.faults.clear()
    hub.break_("/commit/", status=500, times=99)
    assert code_of(name) == "publish.server_error"
    hub.faults.clear()
    received = hub.received_bytes
    pushed(name)
    assert hub.received_bytes == received  # every file was whole at the hub already


@both
def test_what_stands_in_the_way_has_a_name(
    hubs: Hubs, run: Run, name: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = hubs.named(name)
    assert code_of(name) == f"publish.no_token_{name}"
    variable = "HF_TOKEN" if name == "huggingface" else "MODELSCOPE_API_TOKEN"
    monkeypatch.setenv(variable, "hf_wrongtoken")
    assert code_of(name) == "publish.token_refused"
    hub.account("reader", "hf_readonlytoken", write=False)
    monkeypatch.setenv(variable, "hf_readonlytoken")
    assert code_of(name, "reader/mine") == "publish.no_permission"
    monkeypatch.setenv(variable, TOKEN)
    assert code_of(name, "somebody/else") == "publish.no_permission"
    hub.made("somebody/hidden", private=True)
    assert code_of(name, "somebody/hidden") == "publish.name_taken"
    hub.made("somebody/shown", private=False)
    assert code_of(name, "somebody/shown") == "publish.not_yours"
    assert code_of(name, "somebody/shown", public=True) == "publish.no_permission"
    hub.made("ember/shown", private=False)
    assert code_of(name, "ember/shown") == "publish.is_public"
    assert hub.received_bytes == 0 and not hub.messages


@pytest.mark.parametrize(
    ("repo", "code"),
    [
        ("little-furnace", "publish.no_owner"),
        ("a/b/c", "publish.bad_name"),
        ("a/b c", "publish.bad_name"),
        ("小炉/模型", "publish.bad_name"),
        ("ember/-x", "publish.bad_name"),
        ("ember/x--y", "publish.bad_name"),
        ("ember/" + "x" * 96, "publish.bad_name"),
        ("ember/", "publish.bad_name"),
    ],
)
def test_the_name_is_looked_at_before_anything_else(
    hubs: Hubs, repo: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["push", "no-such-run", repo, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == code
    assert hubs.modelscope.requests == []


def test_a_name_without_owner_is_offered_with_the_account_that_is_logged_in(
    hubs: Hubs, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "ms-home" / "credentials").mkdir(parents=True)
    (tmp_path / "ms-home" / "credentials" / "user").write_text("ember:mail")
    with pytest.raises(DanluError) as caught:
        pushed("modelscope", "little-furnace")
    assert "ember/little-furnace" in str(caught.value.document()["fixes"])


def test_offline_and_unreachable_are_told_at_once(
    logged_in: Hubs, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", closed_address())
    assert code_of("modelscope") == "publish.unreachable"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert code_of("huggingface") == "publish.offline"


def test_an_exported_model_goes_with_the_card_of_its_run(
    logged_in: Hubs, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    merged = tmp_path / "merged"
    merged.mkdir()
    (merged / "config.json").write_text("{}")
    (merged / "model.safetensors").write_bytes(b"\0" * 2000)
    (merged / "export.json").write_text(json.dumps({"run": str(run.path), "base": "x/y"}))
    for target, extra in (("identity", ["--merged", str(merged)]), (str(merged), [])):
        where = ["--hub", "huggingface", "--public", "--json"]
        assert main(["push", target, REPO, *extra, *where]) == 0
        document = json.loads(capsys.readouterr().out)
        there = logged_in.huggingface.files(REPO)
        assert set(there) == {"config.json", "model.safetensors", "README.md", "loss.svg"}
        assert front(there["README.md"])["library_name"] == "transformers"
        assert front(there["README.md"])["base_model_relation"] == "finetune"
        assert logged_in.huggingface.private[REPO] is False
        assert not document["private"] and document["url"].endswith(REPO)
    assert main(["push", str(merged), REPO, "--adapter", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "publish.adapter_missing"
    assert main(["push", "identity", REPO, "--merged", str(tmp_path / "none"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "publish.no_folder"


@both
def test_the_token_is_written_and_said_nowhere(
    logged_in: Hubs,
    run: Run,
    name: Hub,
    tmp_path: Path,
    danlu_home: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    hub = logged_in.named(name)
    commands: list[str] = []

    def look() -> None:
        for child in psutil.Process().children(recursive=True):
            try:
                commands.extend(child.cmdline())
            except psutil.Error:
                continue

    hub.on_request = look
    assert main(["push", "identity", REPO, "--hub", name]) == 0
    hub.break_("/commit/", status=403)
    (run.path / "checkpoint-160" / "chat_template.jinja").write_text("other")
    assert main(["push", "identity", REPO, "--hub", name, "--json"]) == 1
    assert any(TOKEN in request.token for request in hub.requests)
    said = capfd.readouterr()
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert danlu_home.is_relative_to(tmp_path) and commands and len(written) > 10
    assert TOKEN not in said.out + said.err + "".join(commands)
    assert not any(TOKEN.encode() in data for data in written + list(hub.blobs.values()))
    assert not any(TOKEN.encode() in data for data in hub.files(REPO).values())
