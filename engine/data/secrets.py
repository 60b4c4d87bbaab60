"""Words that look like secrets or tell of a person: keys, passwords, addresses, numbers.

What is found is shown by its first characters only, never whole. Each kind is looked for behind a
cheap test for something all of its kind hold, since most rows hold none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_KEYS = {
    "Anthropic": re.compile(r"\bsk-ant-[\w-]{24,}"),
    "OpenAI": re.compile(r"\bsk-(?!ant-)[\w-]{20,}"),
    "Hugging Face": re.compile(r"\bhf_[A-Za-z0-9]{30,}"),
    "GitHub": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,})"),
    "AWS": re.compile(r"\bA[KS]IA[0-9A-Z]{16}\b"),
    "Google": re.compile(r"\bAIza[\w-]{35}"),
    "Slack": re.compile(r"\bxox[abprs]-[\w-]{20,}"),
    "Aliyun": re.compile(r"\bLTAI[0-9A-Za-z]{12,24}\b"),
    "Tencent Cloud": re.compile(r"\bAKID[0-9A-Za-z]{28,36}\b"),
    "ModelScope": re.compile(r"\bms-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    "JWT": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
}
_STARTS = {
    "Anthropic": ("sk-ant-",),
    "OpenAI": ("sk-",),
    "Hugging Face": ("hf_",),
    "GitHub": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    "AWS": ("AKIA", "ASIA"),
    "Google": ("AIza",),
    "Slack": ("xox",),
    "Aliyun": ("LTAI",),
    "Tencent Cloud": ("AKID",),
    "ModelScope": ("ms-",),
    "JWT": ("eyJ",),
}
_ENTRIES = ("-----BEGIN", *(start for starts in _STARTS.values() for start in starts))
_PRIVATE = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")
_NAMES = (
    r"password|passwd|pwd|\u5bc6\u7801|\u53e3\u4ee4|api[_-]?key|secret[_-]?key|access[_-]?token"
)
_IS = r"[=:：\u662f\u4e3a]"
_PASSWORD = re.compile(rf"(?i)(?:{_NAMES})[\"'”’]?\s*{_IS}\s*[\"'“‘]?([!-~]{{8,64}})")
_PASSWORD_WORDS = ("assw", "PASSW", "pwd", "key", "KEY", "Key", "oken", "TOKEN")
_PASSWORD_IN_CHINESE = re.compile(r"\u5bc6\u7801|\u53e3\u4ee4")
_IN_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{1,12}://[^\s/:@]{1,64}:([^\s/:@]{4,64})@")
_EMAIL = re.compile(r"\b[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,12}\b")
_EXAMPLES = re.compile(
    r"(?i)@(?:[\w-]+\.)*(?:example|test|domain|company|xxx+)\.|@.*\.(?:png|jpg)$"
)
_PHONE = re.compile(r"1[3-9][0-9]{9}")
_ID = (re.compile(r"19[0-9]{9}[0-9Xx]"), re.compile(r"20[0-9]{9}[0-9Xx]"))
_CARD = re.compile(r"62[0-9]{14,17}")
# Whatever the patterns above match, one of these does (\s of RE2 is that of ASCII alone).
TELLTALE = "|".join(
    (
        *_ENTRIES,
        rf"(?i:{_NAMES})[\"'”’]?[\s\x{{85}}\p{{Z}}]*{_IS}",
        "://[^\\s/:@]+:",
        "@[A-Za-z0-9-]",
        "[0-9]{11}",
    )
)
_MOST_HIDDEN = 50
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class Secret(NamedTuple):
    """A find: the code of its finding, where in the text, and the values for its words."""

    code: str
    start: int
    end: int
    values: dict[str, Any]


def secrets(text: str) -> Iterator[Secret]:
    """What in ``text`` is likely a secret, the first of each kind."""
    keys = list(_keys(text)) if any([start in text for start in _ENTRIES]) else []
    yield from keys
    if "://" in text or _speaks_of_passwords(text):
        told = [(key.start, key.end) for key in keys]
        for found in _passwords(text):
            if not any(start <= found.start < end for start, end in told):
                yield found
    if "@" in text:
        yield from _first("email_address", _EMAIL, text, _real_address)
    yield from _first("phone_number", _PHONE, text, _stands_alone)
    yield from _identity(text)
    if "62" in text:
        yield from _first("bank_card", _CARD, text, _is_card)


def _speaks_of_passwords(text: str) -> bool:
    if any([word in text for word in _PASSWORD_WORDS]):
        return True
    return not text.isascii() and _PASSWORD_IN_CHINESE.search(text) is not None


def hidden(text: str) -> str:
    """``text`` with every secret in it masked."""
    for _ in range(_MOST_HIDDEN):
        found = next(secrets(text), None)
        if found is None:
            break
        shown = found.values.get("shown", "…")
        text = f"{text[: found.start]}{shown}{text[found.end :]}"
    return text


def masked(secret: str) -> str:
    """The first quarter of a secret, at most four characters."""
    return secret[: min(4, len(secret) // 4)] + "…"


def _keys(text: str) -> Iterator[Secret]:
    for service, starts in _STARTS.items():
        if not any(start in text for start in starts):
            continue
        for match in _KEYS[service].finditer(text):
            if _is_random(match[0]):
                values = {"service": service, "shown": masked(match[0])}
                yield Secret("secret_key", match.start(), match.end(), values)
                break
    match = _PRIVATE.search(text)
    if match:
        yield Secret("private_key", match.start(), match.end(), {})


def _passwords(text: str) -> Iterator[Secret]:
    for pattern in (_PASSWORD, _IN_ADDRESS):
        for match in pattern.finditer(text):
            if _is_password(match[1]):
                yield Secret("password", match.start(1), match.end(1), {"shown": masked(match[1])})
                return


def _identity(text: str) -> Iterator[Secret]:
    for pattern in _ID:
        for match in pattern.finditer(text):
            start, end = match.start() - 6, match.end()
            if start >= 0 and _is_identity(text, start, end):
                shown = {"shown": masked(text[start:end])}
                yield Secret("id_number", start, end, shown)
                return


def _first(
    code: str, pattern: re.Pattern[str], text: str, real: Callable[[str, int, int], bool]
) -> Iterator[Secret]:
    for match in pattern.finditer(text):
        if real(text, match.start(), match.end()):
            yield Secret(code, match.start(), match.end(), {"shown": masked(match[0])})
            return


def _is_random(secret: str) -> bool:
    """Whether it is written of many different signs, as ``sk-xxxxxxxx`` in a manual is not."""
    return len(set(secret)) >= 12 and any(sign.isdigit() for sign in secret)


def _is_password(text: str) -> bool:
    if len(set(text)) < 6 or text.startswith(("<", "{", "$", "os.", "self.", "getenv")):
        return False
    return any(sign.isdigit() for sign in text) and any(sign.isalpha() for sign in text)


def _real_address(text: str, start: int, end: int) -> bool:
    return not _EXAMPLES.search(text[start:end])


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    plain = not (before.isalnum() and before.isascii()) and not (
        after.isalnum() and after.isascii()
    )
    return plain and before not in (".", "-", "_") and len(set(text[start:end])) > 3


def _is_identity(text: str, start: int, end: int) -> bool:
    """Whether 18 signs are a Chinese identity number: a date within, and the last one checks."""
    number = text[start:end].upper()
    if not _stands_alone(text, start, end) or not number[:6].isdecimal() or not number.isascii():
        return False
    month, day = int(number[10:12]), int(number[12:14])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return False
    total = sum(int(sign) * weight for sign, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[17]


def _is_card(text: str, start: int, end: int) -> bool:
    if not _stands_alone(text, start, end):
        return False
    total = 0
    for index, sign in enumerate(reversed(text[start:end])):
        value = int(sign) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
