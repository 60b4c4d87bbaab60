"""The names of keys and roles within turns, where a file has its own (as in dataset_info.json)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

_KEYS = {"role_tag": "from", "content_tag": "value"}
_ROLES = {
    "user_tag": "human",
    "assistant_tag": "gpt",
    "observation_tag": "observation",
    "function_tag": "function_call",
    "system_tag": "system",
}
TAGS = (*_KEYS, *_ROLES)


@dataclass(frozen=True)
class Tags:
    """The file's own name → the usual sharegpt one, for keys of turns and for roles."""

    keys: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(given: Mapping[str, str] | None) -> Tags:
        """Tags as a registry writes them: ``{role_tag: speaker, user_tag: customer, …}``."""
        given = given or {}
        return Tags(
            {given[tag]: key for tag, key in _KEYS.items() if tag in given},
            {given[tag]: role for tag, role in _ROLES.items() if tag in given},
        )

    @property
    def given(self) -> bool:
        return bool(self.keys or self.roles)

    @cached_property
    def _back(self) -> dict[str, str]:
        return {usual: own for own, usual in self.keys.items()}

    def usual(self, value: Any) -> Any:
        """Turns (one or a list) with the usual keys and roles; what is none stays as it is."""
        if isinstance(value, list):
            return [self.usual(entry) for entry in value]
        if not isinstance(value, dict):
            return value
        made = {self.keys.get(key, key): part for key, part in value.items()}
        role = made.get("from")
        if isinstance(role, str):
            made["from"] = self.roles.get(role, role)
        return made

    def own(self, key: str) -> str:
        """The file's name of a usual key."""
        return self._back.get(key, key)
