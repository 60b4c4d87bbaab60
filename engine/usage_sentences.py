"""What argparse says of wrong usage, in the language in use."""

from __future__ import annotations

from engine.words import t

# What argparse says of wrong usage, and the word key of it. Their %-places are argparse's.
_SENTENCES = {
    "the following arguments are required: %s": "required",
    "unrecognized arguments: %s": "unrecognized",
    "expected one argument": "one",
    "expected at least one argument": "at_least_one",
    "expected at most one argument": "at_most_one",
    "expected %s argument": "count",
    "expected %s arguments": "counts",
    "argument %(argument_name)s: %(message)s": "argument",
    "invalid %(type)s value: %(value)r": "invalid_value",
    "invalid choice: %(value)r (choose from %(choices)s)": "invalid_choice",
    "not allowed with argument %s": "not_with",
    "one of the arguments %s is required": "one_of",
    "ambiguous option: %(option)s could match %(matches)s": "ambiguous",
    "ignored explicit argument %r": "ignored",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "unknown_verb",
    "%(prog)s: error: %(message)s\n": "error",
}


def usage_in_words(sentence: str) -> str:
    """The sentence in the person's language; as it is where it is a new one."""
    key = _SENTENCES.get(sentence)
    return t(f"cli_usage.{key}") if key else sentence
