"""Saved conversations: ``$DANLU_HOME/chats`` holds a page and a JSON of each. No torch."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.chat.conversation import Transcript, read_transcript
from engine.errors import DanluError
from engine.home import home

FORMS = (".md", ".json")
UNSAVED = "unsaved"  # the name of the last one that was left without being saved


@dataclass(frozen=True)
class KeptTalk:
    """One saved conversation. ``time`` in unix seconds; ``asked`` is its first question."""

    path: Path
    title: str
    time: float
    turns: int
    voices: tuple[str, ...]
    asked: str

    def document(self) -> dict[str, Any]:
        """``{name, path, title, time, turns, voices, asked}``."""
        shown = {**vars(self), "path": str(self.path), "voices": list(self.voices)}
        return {"name": self.path.stem, **shown}


def chats_root() -> Path:
    """Where talks are saved, each in a JSON file."""
    return home() / "chats"


def kept_talks() -> list[KeptTalk]:
    """All in danlu's own folder, newest first; files that are none are passed over. Reads each:
    call it in a thread."""
    found = [talk for path in chats_root().glob("*.json") if (talk := _read(path))]
    return sorted(found, key=lambda talk: (talk.time, talk.path.name), reverse=True)


def find_talk(text: str) -> Path:
    """The JSON of the saved conversation ``text`` names: a file, its page, or its name in danlu's
    own folder. Raises DanluError ``chat.no_such_talk``."""
    named = Path(text).expanduser()
    for path in (named, chats_root() / named):
        for each in (path, path.with_suffix(".json"), Path(f"{path}.json")):
            if each.suffix == ".json" and each.is_file():
                return each
    there = ", ".join(talk.path.stem for talk in kept_talks()[:5]) or "–"
    raise DanluError("chat.no_such_talk", name=text, there=there)


def delete_talk(file: Path) -> None:
    """Delete the saved conversation whose JSON is ``file``, with its page in danlu's own folder; a
    page elsewhere may be a person's own. Raises DanluError ``chat.cannot_delete``, and where the
    file is no conversation."""
    if _read(file) is None:
        read_transcript(file)  # says why it is none
    pages = [file.with_suffix(".md")] if file.parent == chats_root() else []
    try:
        for path in (*pages, file):  # what is listed goes last: cut off, it can be done again
            path.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DanluError(
            "chat.cannot_delete", path=file, folder=file.parent, reason=reason
        ) from error


def new_place(title: str) -> Path:
    """Where a conversation called ``title`` may be saved: a path without its ending."""
    name = re.sub(r"[^\w.-]+", "-", title).strip("-.")[:60] or "model"
    return chats_root() / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}"


def save_both(transcript: Transcript, place: Path) -> list[Path]:
    """Write the page, to read, and the JSON, to open again. Raises DanluError
    ``chat.cannot_write``."""
    files = [place.with_name(place.name + form) for form in FORMS]
    for file in files:
        transcript.write(file)
    return files


def keep_unsaved(transcript: Transcript) -> Path | None:
    """Keep a conversation that is left unsaved, in the place of the last such; None where danlu's
    folder cannot be written to."""
    file = chats_root() / f"{UNSAVED}.json"
    try:
        transcript.write(file)
    except DanluError:
        return None
    return file


def without_form(path: Path) -> Path:
    """``path`` without the ending of one of the forms."""
    return path.with_suffix("") if path.suffix in FORMS else path


def _read(path: Path) -> KeptTalk | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        turns = kept["turns"]
        asked = str(turns[0]["question"]) if turns else ""
        voices = tuple(str(title) for title in kept["voices"].values())
        return KeptTalk(path, str(kept["title"]), float(kept["time"]), len(turns), voices, asked)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
