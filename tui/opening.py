"""Making ready who speaks in a conversation: one that begins, one that was saved. In a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from engine.chat.conversation import Transcript
from engine.errors import DanluError
from engine.job import Job
from tui.fetching import bring_model
from tui.talk import Voice, new_voice

if TYPE_CHECKING:
    from engine.chat.part import Part
    from engine.chat.talker import Footprint, Talker


def begin(target: str, job: Job) -> tuple[Talker, list[Voice]]:
    """A talker with the voices a conversation begins with: base and tuned, or the model alone.
    A base of its own, as below a fully tuned model, is left out where it does not fit."""
    from engine.chat.talker import Talker

    talker = Talker.open(target, job=job)
    base = talker.part(None)
    if base.kind == "model":
        return talker, [new_voice(base, (), ready(talker, base, job))]
    return talker, _voices(talker, {"base": base, "tuned": talker.part("tuned")}, job)


def open_again(kept: Transcript, talker: Talker | None, job: Job) -> tuple[Talker, list[Voice]]:
    """Those who spoke in ``kept``, on ``talker`` where there is one: what it has loaded and is
    needed stays. Raises DanluError of ``chat.*`` and ``model.*``, Cancelled."""
    from engine.chat.kept_part import part_there, target_of
    from engine.chat.talker import Talker
    from engine.hardware import machine

    if not kept.parts:  # an older version wrote it
        return begin(kept.title, job)
    parts = {name: part_there(part) for name, part in kept.parts.items()}
    tuned = [part for part in parts.values() if part.kind == "tuned"]
    target = target_of((tuned or list(parts.values()))[0])
    talker = talker or Talker(target, machine())
    talker.keep_only(list(parts.values()))
    voices = _voices(talker, parts, job)
    talker.target = target
    return talker, voices


def ready(talker: Talker, part: Part, job: Job) -> Footprint:
    """Make ``part`` ready, its model fetched where it is not here. Raises as
    :meth:`engine.chat.talker.Talker.add`."""
    bring_model(part.model, job)
    return talker.add(part, job)


def take_over(kept: Transcript, voices: Sequence[Voice]) -> None:
    """Let ``voices`` go on with what others said in ``kept``: each with the history of its name, a
    new one with that of one who is not there any more, the last with the last."""
    spoken = dict.fromkeys(name for turn in kept.conversation.turns for name in turn.answers)
    names = [voice.name for voice in voices]
    free = [name for name in spoken if name not in names]
    new = [name for name in names if name not in spoken]
    for old, name in zip(reversed(free), reversed(new), strict=False):
        kept.conversation.hand_over(old, name)


def _voices(talker: Talker, parts: Mapping[str, Part], job: Job) -> list[Voice]:
    """The voices by their names, in order; the base is loaded last."""
    made: dict[str, Voice] = {}
    for name in sorted(parts, key=lambda name: parts[name].kind == "base"):
        part = parts[name]
        try:
            made[name] = Voice(name, part, ready(talker, part, job))
        except DanluError as error:
            if error.code != "chat.no_room" or part.kind != "base":
                raise
    return [made[name] for name in parts if name in made]
