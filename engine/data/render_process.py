"""A process that renders rows for another: ``python -m engine.data.render_process``.

Frames (:func:`read_frame`) come by its standard input: first how rows are rendered, then batches of
rows; each is answered by one on its standard output. It ends when its input does, so none is left
behind whatever becomes of the other. Imports torch nowhere; transformers with the first frame.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import struct
import sys
from array import array
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from engine.data.conversation import Conversation
from engine.data.template import TemplateRefuses

if TYPE_CHECKING:
    from engine.data.render import Rendered

Packed: TypeAlias = tuple[bytes, bytes, int, tuple[str, ...]] | str
"""A row's tokens and labels of four bytes each, how many were cut off, and its notes; or the reason
why the template refuses it."""

_SIZE = struct.Struct("<Q")
_KILL_FIRST = "500"  # of 1000: where memory ends, this process goes and not the one it works for


def write_frame(pipe: IO[bytes], value: Any) -> None:
    """Send ``value``, pickled. Raises OSError when nobody reads."""
    body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    pipe.write(_SIZE.pack(len(body)))
    pipe.write(body)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> Any:
    """What was sent next. Raises EOFError where nothing more comes, or not all of it."""
    head = pipe.read(_SIZE.size)
    if len(head) < _SIZE.size:
        raise EOFError
    (size,) = _SIZE.unpack(head)
    body = pipe.read(size)
    if len(body) < size:
        raise EOFError
    return pickle.loads(body)  # from a process of our own, by a pipe that no other holds


def packed(made: Rendered | TemplateRefuses) -> Packed:
    """What was made of a row, small enough to be sent."""
    if isinstance(made, TemplateRefuses):
        return str(made)
    ids, labels = array("i", made.input_ids), array("i", made.labels)
    return ids.tobytes(), labels.tobytes(), made.cut, tuple(made.notes)


def unpacked(sent: Packed, special_ids: frozenset[int]) -> Rendered | TemplateRefuses:
    """What :func:`packed` was given."""
    from engine.data.render import Rendered

    if isinstance(sent, str):
        return TemplateRefuses(sent)
    ids, labels = array("i"), array("i")
    ids.frombytes(sent[0])
    labels.frombytes(sent[1])
    return Rendered(ids.tolist(), labels.tolist(), *sent[2:], special_ids=special_ids)


def _answer(rendering: Any, rows: Iterable[tuple[Any, Any]]) -> list[Packed]:
    from engine.data.render_many import render_many

    conversations = [Conversation(messages, tools, "", 0) for messages, tools in rows]
    return [packed(made) for _, made in render_many(rendering, conversations)]


def main() -> None:
    """Answer batch after batch."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write(_KILL_FIRST)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    asked = sys.stdin.buffer
    with contextlib.suppress(EOFError, OSError):
        rendering = read_frame(asked)
        gc.freeze()
        while True:
            write_frame(answers, _answer(rendering, read_frame(asked)))


if __name__ == "__main__":
    main()
