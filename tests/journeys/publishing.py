"""Publishing on a hub of this machine's own, which speaks to both hubs' real clients."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.words import t
from tests.journeys.person import CLEAR, ENTER, Person
from tests.publish.loopback_upload import UploadHub, upload_hub

ACCOUNT = "ember"
_TOKEN = "ms-thisisaverysecrettoken"


@contextmanager
def own_hub(person: Person) -> Iterator[UploadHub]:
    """A hub the person has an account on, and both clients pointed at it."""
    with upload_hub() as hub:
        hub.account(ACCOUNT, _TOKEN)
        person.environment |= _pointing_at(hub, person.desk.parent)
        yield hub


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


def publishes(person: Person, hub: UploadHub, repo: str) -> None:
    """From the home menu: the newest run, its name there, the token, and the end of the job. What
    arrived is whole and private, and the token is in no file of danlu's."""
    person.goes_back_home()
    person.presses("8")
    person.sees(t("publish_screen.pick"))
    person.presses(ENTER)
    person.sees(t("publish_screen.repo"))
    person.presses("s")
    person.sees(t("publish_screen.ask", hub="ModelScope"))
    person.presses(CLEAR)
    person.writes(repo)
    person.presses(ENTER)
    person.sees(t("publish_screen.token"))
    person.writes(_TOKEN)
    person.presses(ENTER)
    deadline = time.monotonic() + 120
    while repo not in hub.repos or "README.md" not in hub.files(repo):
        assert time.monotonic() < deadline, person.terminal.text()
        person.terminal.rest(0.5)
    assert {"adapter_config.json", "adapter_model.safetensors"} <= set(hub.files(repo))
    assert hub.private[repo]
    assert not any(_TOKEN.encode() in written for written in _written(person.home))
    person.does(f"published {repo}, private; the token is written nowhere")
    person.goes_back_home()


def _written(folder: Path) -> Iterator[bytes]:
    """All that danlu wrote but weights."""
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix not in (".safetensors", ".pt", ".arrow"):
            yield path.read_bytes()
