"""Whether an access token of a hub lies where its tools keep it. It is neither read nor tried."""

from __future__ import annotations

import os
from pathlib import Path

from engine.hub.caches import huggingface_cache, modelscope_home
from engine.hub.reference import Hub


def token_here(hub: Hub) -> bool:
    """Whether there is one. The hub alone knows whether it still counts."""
    if hub == "modelscope":
        kept = modelscope_home() / "credentials" / "cookies"
        return bool(os.environ.get("MODELSCOPE_API_TOKEN")) or kept.is_file()
    if any(os.environ.get(name) for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")):
        return True
    named = os.environ.get("HF_TOKEN_PATH")
    home = os.environ.get("HF_HOME")
    root = Path(home).expanduser() if home else huggingface_cache().parent
    return (Path(named).expanduser() if named else root / "token").is_file()
