"""What a person may choose about how answers are made, each number of its own type and range, the
same on screen, in a file and on the command line. No torch: any screen may import it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import DanluError
from engine.words import t


@dataclass(frozen=True)
class Sampling:
    """How to answer. Temperature 0 takes the likeliest token each time; ``top_k`` 0 and ``top_p`` 1
    leave every token in; without a ``seed`` each answer is drawn anew."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    max_new_tokens: int = 256
    repetition_penalty: float = 1.0
    seed: int | None = None

    def document(self) -> dict[str, float | int | None]:
        """The JSON form: each setting by its name."""
        return asdict(self)


@dataclass(frozen=True)
class Field:
    """One setting: its type and range. ``seed`` may be empty."""

    name: str
    kind: type[float] | type[int]
    low: float
    high: float
    may_be_empty: bool = False

    def read(self, value: object) -> float | int | None:
        """``value``, text or a number, as the field's own type: an integer stays one, a whole
        number written ``20.0`` becomes one. Raises ValueError when it is none of this field's."""
        if self.may_be_empty and (value is None or not str(value).strip()):
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError(value)
        number = _whole(value) if self.kind is int else float(value)
        if not self.low <= number <= self.high:
            raise ValueError(value)
        return number

    def text(self, value: float | int | None) -> str:
        """``value`` as it is typed: nothing of it is lost."""
        if value is None:
            return ""
        return str(value) if self.kind is int else repr(float(value)).removesuffix(".0")

    def refusal(self, value: object) -> DanluError:
        """Why ``value`` cannot be taken."""
        kind = t("chat.kind.whole" if self.kind is int else "chat.kind.any")
        low, high = self.text(self.kind(self.low)), self.text(self.kind(self.high))
        return DanluError(
            "chat.bad_sampling", value=value, name=self.name, kind=kind, low=low, high=high
        )


FIELDS = (
    Field("temperature", float, 0, 10),
    Field("top_p", float, 0.01, 1),
    Field("top_k", int, 0, 1_000_000),
    Field("max_new_tokens", int, 1, 1_000_000),
    Field("repetition_penalty", float, 0.1, 10),
    Field("seed", int, 0, 2**63 - 1, may_be_empty=True),
)
BY_NAME = {field.name: field for field in FIELDS}
# What a conversation begins with, on screen and on the command line.
CHAT_DEFAULT = Sampling(max_new_tokens=512)


def sampling_of(values: Mapping[str, object], default: Sampling | None = None) -> Sampling:
    """``values`` by name, the rest as in ``default``. Raises DanluError ``chat.bad_sampling`` or
    ``chat.unknown_sampling``."""
    read = (default or Sampling()).document()
    for name, value in values.items():
        field = BY_NAME.get(name)
        if field is None:
            raise DanluError("chat.unknown_sampling", name=name, known=", ".join(BY_NAME))
        try:
            read[name] = field.read(value)
        except ValueError as error:
            raise field.refusal(value) from error
    return Sampling(**read)  # type: ignore[arg-type]


def read_sampling(path: Path, default: Sampling | None = None) -> Sampling:
    """The settings in a JSON file (also a saved conversation, which names its own). Raises
    DanluError ``chat.bad_file`` and as :func:`sampling_of`."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found.get("sampling"), dict):
            found = found["sampling"]
        values = dict(found)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        reason = getattr(error, "strerror", None) or error
        kind = t("chat.file.sampling")
        raise DanluError("chat.bad_file", path=path, kind=kind, reason=reason) from error
    return sampling_of(values, default)


def options(sampling: Sampling, default: Sampling) -> list[str]:
    """The command-line options that say how ``sampling`` differs from ``default``."""
    said: list[str] = []
    for field in FIELDS:
        value = getattr(sampling, field.name)
        if value != getattr(default, field.name) and value is not None:
            said += [f"--{field.name.replace('_', '-')}", field.text(value)]
    return said


def _whole(value: str | int | float) -> int:
    try:
        return int(value) if not isinstance(value, float) else _of_float(value)
    except ValueError:
        return _of_float(float(value))


def _of_float(value: float) -> int:
    if not value.is_integer():
        raise ValueError(value)
    return int(value)
