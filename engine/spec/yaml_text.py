"""YAML as people write it: ``1e-4`` is a number, a key stands once, text that looks like a number
is quoted when written."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import yaml

from engine import words
from engine.errors import DanluError

_FLOAT = re.compile(r"^[-+]?(\d[\d_]*(\.\d*)?|\.\d+)[eE][-+]?\d+$")


class _Loader(yaml.SafeLoader):
    """Safe; reads ``1e-4`` as a number, as YAML 1.2 does and people mean; refuses a key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise _DuplicateKey(key.value, key.start_mark.line + 1)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """Quotes text that :class:`_Loader` would read as a number, as the revision ``12e4567``."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


class _DuplicateKey(Exception):
    def __init__(self, key: str, line: int) -> None:
        super().__init__(key)
        self.key = key
        self.line = line


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
_Dumper.add_representer(
    float,
    lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", float_text(value)),
)


def load(text: str, path: str) -> Any:
    """What YAML ``text`` holds; ``path`` names it in an error. Raises DanluError."""
    try:
        return yaml.load(text, Loader=_Loader)
    except _DuplicateKey as error:
        raise DanluError("spec.duplicate_key", path=path, line=error.line, key=error.key) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = _in_words(getattr(error, "problem", None) or str(error))
        raise DanluError("spec.not_yaml", path=path, line=line, problem=problem) from error
    except (ValueError, RecursionError) as error:  # a date that is none; lists without end
        problem = _in_words(str(error))
        raise DanluError("spec.not_yaml", path=path, line=1, problem=problem) from error


# What the parser's complaints begin with, and the word key of what they mean.
_PROBLEMS = {
    "mapping values are not allowed": "colon",
    "could not find expected ':'": "no_colon",
    "expected <block end>": "indent",
    "found character '\\t'": "tab",
    "found a tab": "tab",
    "found unexpected end of stream": "quote",
    "expected ',' or": "bracket",
    "did not find expected": "bracket",
    "found undefined alias": "alias",
}


def _in_words(problem: str) -> str:
    """What the parser complains of, in the language in use; its own words where those are new."""
    for begins, key in _PROBLEMS.items():
        if problem.startswith(begins):
            return words.t(f"yaml.{key}")
    return words.t("yaml.other", problem=problem)


def scalar_text(value: Any) -> str:
    """A plain value as one line of YAML."""
    if isinstance(value, str) and not value.isprintable():
        style: dict[str, Any] = {"default_style": '"'}
    else:
        style = {"default_flow_style": True}
    text = yaml.dump(
        value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10**9, **style
    )
    return text.strip().removesuffix("...").strip()


def block_text(value: Any) -> str:
    """A list or mapping as a block of YAML lines."""
    text = yaml.dump(
        value,
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=False,
        width=10**9,
    )
    return text.rstrip()


def float_text(value: float) -> str:
    """A number so that every YAML reader takes it for one, and for exactly this one: ``1.0e-4``."""
    text = number_text(value)
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent}"
    return text if "." in text else f"{text}.0"


def number_text(value: float) -> str:
    """A number as people write it: ``1e-4``, ``0.05``, ``3``."""
    if 0 < abs(value) < 1e-3 or abs(value) >= 1e15:
        mantissa, _, exponent = format(Decimal(repr(value)).normalize(), "e").partition("e")
        return f"{mantissa}e{int(exponent):+d}"
    return repr(value).removesuffix(".0")
