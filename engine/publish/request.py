"""What a person asks to publish, checked before anything is read or sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from engine.chat.target import ChatTarget
from engine.errors import DanluError
from engine.hub.caches import modelscope_home
from engine.hub.reference import HUB_NAMES, Hub

# Both hubs: letters, digits, - _ . ; no -- or .. ; neither first nor last may be - or .
_PART = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_]|[-.](?![-.]))*(?<![-.])", re.ASCII)
_LONGEST = 96  # characters of owner/name, as Hugging Face counts


@dataclass(frozen=True)
class PushRequest:
    """One push. ``merged`` is the folder of an exported model to publish in the place of the
    target's own adapter or weights; ``card`` the language of the model card, None the one in use.
    """

    target: ChatTarget
    repo: str
    hub: Hub = "modelscope"
    public: bool = False
    merged: Path | None = None
    card: str | None = None


def check_repo_id(text: str, hub: Hub) -> str:
    """``text`` as ``owner/name``. Raises DanluError ``publish.no_owner``, ``publish.bad_name``."""
    parts = text.strip().split("/")
    if len(parts) == 1 and _PART.fullmatch(parts[0]):
        owner = known_owner(hub) or "OWNER"
        raise DanluError("publish.no_owner", repo=parts[0], owner=owner, hub=HUB_NAMES[hub])
    sound = len(parts) == 2 and all(_PART.fullmatch(part) for part in parts)
    if not sound or len(text.strip()) > _LONGEST or text.strip().endswith(".git"):
        raise DanluError("publish.bad_name", repo=text, hub=HUB_NAMES[hub], longest=_LONGEST)
    return text.strip()


def known_owner(hub: Hub) -> str | None:
    """The account that is logged in here, where the hub's own tool keeps its name on disk."""
    if hub != "modelscope":
        return None
    try:
        kept = (modelscope_home() / "credentials" / "user").read_text(encoding="utf-8")
    except OSError:
        return None
    return kept.partition(":")[0].strip() or None
