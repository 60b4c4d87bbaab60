"""What a person names when they name a repository: ``owner/name``, or its page's address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Hub = Literal["modelscope", "huggingface"]
HUBS: tuple[Hub, ...] = ("modelscope", "huggingface")  # in the order they are asked
HUB_NAMES = {"modelscope": "ModelScope", "huggingface": "Hugging Face", "pypi": "PyPI"}

# As ms-swift writes which hub it means.
PREFIXES: dict[Hub, str] = {"modelscope": "ms::", "huggingface": "hf::"}
_ID = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
_PAGE = re.compile(
    r"https?://(?:www\.)?(?P<site>[\w.-]+)/(?:(?P<kind>models|datasets)/)?(?P<id>[\w.-]+/[\w.-]+)"
    r"(?:/(?:tree|resolve|files|summary)(?:/(?P<revision>[\w.-]+))?)?/?",
    re.ASCII,
)


@dataclass(frozen=True)
class Reference:
    """A repository's id, and the hub and revision its address names (None where it names none)."""

    repo: str
    hub: Hub | None = None
    revision: str | None = None


def reference(text: str) -> Reference | None:
    """What ``text`` refers to: ``owner/name``, ``ms::owner/name``, ``hf::owner/name`` or a page's
    address; None when it is none of these."""
    text = text.strip()
    for named, prefix in PREFIXES.items():
        if text.startswith(prefix) and _ID.fullmatch(text[len(prefix) :]):
            return Reference(text[len(prefix) :], named)
    page = _PAGE.fullmatch(text)
    if page:
        hub: Hub = "modelscope" if "modelscope" in page["site"] else "huggingface"
        return Reference(page["id"], hub, page["revision"])
    if _ID.fullmatch(text) and not text.startswith(".") and ".." not in text:
        return Reference(text)
    return None
