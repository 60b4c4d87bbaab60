"""Reading a chat completion request: what is asked, or why it is refused, as OpenAI says it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from engine.words import t

MAX_TOKENS = 2048  # of an answer whose request names no limit
_ROLES = {"system", "user", "assistant", "tool"}
_MOST_STOPS = 4
# Parameter → the values that ask for nothing; any other is refused, not silently ignored.
_UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "n": (None, 1),
    "logprobs": (None, False),
    "top_logprobs": (None, 0),
    "presence_penalty": (None, 0),
    "frequency_penalty": (None, 0),
    "logit_bias": (None, {}),
    "response_format": (None, {"type": "text"}),
    "functions": (None, []),
    "audio": (None,),
    "modalities": (None, ["text"]),
}


class Refusal(Exception):
    """A request that gets no answer: ``document()`` is the body, ``status`` the HTTP status."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param, self.kind = (
            status,
            message,
            code,
            param,
            kind,
        )

    def document(self) -> dict[str, Any]:
        """``{"error": {message, type, param, code}}``."""
        return {
            "error": {
                "message": self.message,
                "type": self.kind,
                "param": self.param,
                "code": self.code,
            }
        }


@dataclass(frozen=True)
class Asked:
    """``sampling`` holds only what the request names, by the names of
    :class:`engine.chat.sampling.Sampling`."""

    model: str
    messages: list[dict[str, Any]]
    sampling: dict[str, Any] = field(default_factory=dict)
    stops: tuple[str, ...] = ()
    stream: bool = False
    include_usage: bool = False


def read_request(body: bytes, names: Collection[str]) -> Asked:
    """What ``body`` asks of one of ``names``. Raises Refusal."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, t("serve.api.not_json", reason=error)) from error
    if not isinstance(given, dict):
        raise Refusal(400, t("serve.api.not_json", reason=type(given).__name__))
    _refuse_unsupported(given)
    options = given.get("stream_options")
    return Asked(
        model=_model(given, names),
        messages=_messages(given.get("messages")),
        sampling=_sampling(given),
        stops=_stops(given.get("stop")),
        stream=_typed(given, "stream", (bool,)) or False,
        include_usage=isinstance(options, dict) and bool(options.get("include_usage")),
    )


def _model(given: dict[str, Any], names: Collection[str]) -> str:
    name = _typed(given, "model", (str,), needed=True)
    if name not in names:
        raise unknown_model(name, names)
    return name


def unknown_model(name: str, names: Collection[str]) -> Refusal:
    """The refusal of a request that names none of ``names``."""
    message = t("serve.api.unknown_model", model=name, known=", ".join(names))
    return Refusal(404, message, code="model_not_found", param="model")


def _refuse_unsupported(given: dict[str, Any]) -> None:
    for name, neutral in _UNSUPPORTED.items():
        if given.get(name) not in neutral:
            raise _unsupported(name)
    if given.get("tools") and given.get("tool_choice") != "none":
        raise _unsupported("tools")


def _unsupported(name: str) -> Refusal:
    message = t("serve.api.unsupported", param=name)
    return Refusal(400, message, code="unsupported_parameter", param=name)


def _messages(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not given:
        raise _wrong("messages")
    return [_message(each, f"messages[{index}]") for index, each in enumerate(given)]


def _message(given: Any, where: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _wrong(where)
    role = "system" if given.get("role") == "developer" else given.get("role")
    if role not in _ROLES:
        raise _wrong(f"{where}.role")
    return {"role": role, "content": _content(given.get("content"), role, f"{where}.content")}


def _content(given: Any, role: str, where: str) -> str:
    """The text of a message: as it is, or put together from its text parts."""
    if given is None and role == "assistant":
        return ""
    if isinstance(given, str):
        return given
    if isinstance(given, list) and all(
        isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
        for part in given
    ):
        return "".join(part["text"] for part in given)
    raise _wrong(where)


def _sampling(given: dict[str, Any]) -> dict[str, Any]:
    limit = "max_completion_tokens" if given.get("max_completion_tokens") else "max_tokens"
    named = {
        "temperature": _number(given, "temperature", 0, 10),
        "top_p": _number(given, "top_p", 0, 1),
        "top_k": _whole(given, "top_k", -1, 1_000_000),
        "repetition_penalty": _number(given, "repetition_penalty", 0.1, 10),
        "max_new_tokens": _whole(given, limit, 1, 10_000_000),
        "seed": _whole(given, "seed", -(2**63), 2**63 - 1),
    }
    if named["top_k"] == -1:  # vLLM's way to say all
        named["top_k"] = 0
    return {name: value for name, value in named.items() if value is not None}


def _stops(given: Any) -> tuple[str, ...]:
    stops = [given] if isinstance(given, str) else given or []
    fits = isinstance(stops, list) and len(stops) <= _MOST_STOPS
    if not fits or not all(isinstance(stop, str) and stop for stop in stops):
        raise _wrong("stop")
    return tuple(stops)


def _number(given: dict[str, Any], name: str, low: float, high: float) -> float | None:
    value = _typed(given, name, (int, float))
    if value is not None and not low <= value <= high:
        raise _wrong(name)
    return value


def _whole(given: dict[str, Any], name: str, low: int, high: int) -> int | None:
    value = _typed(given, name, (int,))
    if value is not None and not low <= value <= high:
        raise _wrong(name)
    return value


def _typed(given: dict[str, Any], name: str, kinds: tuple[type, ...], needed: bool = False) -> Any:
    value = given.get(name)
    if value is None and not needed:
        return None
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise _wrong(name)
    return value


def _wrong(param: str) -> Refusal:
    return Refusal(400, t("serve.api.wrong_value", param=param), param=param)
