"""An Ollama Modelfile whose TEMPLATE says what the chat template says.

The template is taken apart by asking it: conversations with marks are rendered, what stands between
the marks are the pieces. Put together again in Ollama's way they must render every probe just as
the chat template does; a template that is more than such pieces is not put into a Modelfile.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.data.template import TemplateRefuses, chat_template

_MARKS = {"system": "danluSYSTEM", "user": "danluUSER", "assistant": "danluANSWER"}
_UNLESS_GIVEN = (
    '{{ $given := false }}{{ range .Messages }}{{ if eq .Role "system" }}{{ $given = true }}'
    "{{ end }}{{ end }}{{ if not $given }}@{{ end }}"
)
Messages = list[dict[str, Any]]


@dataclass(frozen=True)
class Pieces:
    """What stands around each role's words, before all where no system prompt is given
    (``default``), and before an answer (``ask``)."""

    system: tuple[str, str]
    default: str
    user: tuple[str, str]
    assistant: tuple[str, str]
    ask: str

    def render(self, messages: Messages) -> str:
        """As Ollama renders :meth:`template`."""
        given = any(message["role"] == "system" for message in messages)
        text = "" if given else self.default
        for message in messages:
            before, after = getattr(self, message["role"])
            text += before + message["content"] + after
        return text + self.ask

    def template(self) -> str:
        """The same in Ollama's template language, on no more lines than the text itself has."""
        default = _UNLESS_GIVEN.replace("@", self.default) if self.default else ""
        roles = "".join(
            f'{{{{ {"if" if number == 0 else "else if"} eq .Role "{role}" }}}}'
            + "{{ .Content }}".join(getattr(self, role))
            for number, role in enumerate(_MARKS)
        )
        body = f"{{{{ range .Messages }}}}{roles}{{{{ end }}}}{{{{ end }}}}"
        return default + body + self.ask


def take_apart(tokenizer: Any) -> Pieces | None:
    """The pieces of the tokenizer's chat template; None where it is more than pieces. A leading BOS
    is left out: llama.cpp puts it there itself."""
    template = chat_template(tokenizer)
    bos = tokenizer.bos_token or ""
    adds = bos and tokenizer("", add_special_tokens=True)["input_ids"][:1] == [
        tokenizer.bos_token_id
    ]

    def text(messages: Messages, ask: bool = False) -> str:
        made = template.apply(messages, ask=ask)
        return made.removeprefix(bos) if adds else made

    try:
        pieces = _pieces(text)
        same = pieces is not None and all(
            pieces.render(probe) == text(probe, ask=True) for probe in probes()
        )
    except TemplateRefuses:
        return None
    return pieces if same and pieces and _writable(pieces) else None


def probes() -> list[Messages]:
    """Conversations a template is judged by: with and without system prompt, one turn and more."""
    user, other = {"role": "user", "content": "2+2?"}, {"role": "user", "content": "¿2+2, señor?"}
    answer = {"role": "assistant", "content": "4."}
    system = {"role": "system", "content": "Be brief."}
    return [[user], [system, user], [user, answer, other], [system, user, answer, other]]


def write_modelfile(folder: Path, gguf_name: str, tokenizer: Any, stops: list[str]) -> bool:
    """Write ``Modelfile`` beside the GGUF file. Returns whether it has a TEMPLATE; without one,
    Ollama takes the chat template in the GGUF file."""
    pieces = take_apart(tokenizer)
    lines = [f"FROM ./{gguf_name}", ""]
    if pieces:
        lines += [f'TEMPLATE """{pieces.template()}"""', ""]
    lines += [f'PARAMETER stop "{stop}"' for stop in stops if '"' not in stop and "\n" not in stop]
    (folder / "Modelfile").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return pieces is not None


def _pieces(text: Any) -> Pieces | None:
    system, user, answer = ({"role": role, "content": mark} for role, mark in _MARKS.items())
    whole = text([system, user, answer, user])
    spots = [whole.find(mark) for mark in _MARKS.values()]
    if -1 in spots or spots != sorted(spots):
        return None
    before_system, rest = whole.split(_MARKS["system"], 1)
    after_system, rest = rest.split(_MARKS["user"], 1)
    after_user, rest = rest.split(_MARKS["assistant"], 1)
    after_answer, user_end = rest.split(_MARKS["user"], 1)
    answer_end = text([user, answer]).rpartition(_MARKS["assistant"])[2]
    alone, asked = text([user]), text([user], ask=True)
    opening = after_answer.removeprefix(answer_end)
    head = alone.partition(_MARKS["user"])[0]
    fits = (
        after_answer.startswith(answer_end)
        and after_system.endswith(opening)
        and head.endswith(opening)
        and after_user.startswith(user_end)
        and asked.startswith(alone)
    )
    if not fits:
        return None
    return Pieces(
        system=(before_system, after_system.removesuffix(opening)),
        default=head.removesuffix(opening),
        user=(opening, user_end),
        assistant=(after_user.removeprefix(user_end), answer_end),
        ask=asked.removeprefix(alone),
    )


def _writable(pieces: Pieces) -> bool:
    text = "".join((*pieces.system, pieces.default, *pieces.user, *pieces.assistant, pieces.ask))
    return "{{" not in text and '"""' not in text
