"""How to ask a server: a line for the shell and a few of Python, ready to be pasted."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from engine.serve.key import key_file


def curl_line(url: str, model: str, question: str, folder: Path | None = None) -> str:
    """A shell line that asks ``model``. With the serving's ``folder`` it shows the key, which curl
    reads from the file itself."""
    body = json.dumps(
        {"model": model, "messages": [{"role": "user", "content": question}]}, ensure_ascii=False
    )
    parts = ["curl", f"{url}/chat/completions"]
    if folder:
        parts += ["-H", f"@{key_file(folder)}"]
    parts += ["-H", "Content-Type: application/json", "-d", body]
    return " ".join(map(shlex.quote, parts))


def python_lines(url: str, model: str, question: str, folder: Path | None = None) -> str:
    """The same with the ``openai`` package."""
    key = f"open({str(key_file(folder))!r}).read().split()[-1]" if folder else '"none"'
    messages = json.dumps([{"role": "user", "content": question}], ensure_ascii=False)
    return "\n".join(
        [
            "from openai import OpenAI",
            f"client = OpenAI(base_url={json.dumps(url)}, api_key={key})",
            f"answer = client.chat.completions.create(model={json.dumps(model)}, "
            f"messages={messages})",
            "print(answer.choices[0].message.content)",
        ]
    )
