"""What a server is to serve, decided before it starts: one loaded model and names to ask it by."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.chat.target import ChatTarget, resolve_target
from engine.errors import DanluError
from engine.spec.sections import Model
from engine.words import t

Backend = Literal["vllm", "transformers", "danlu"]
_NAME = re.compile(r"[\w.:/-]{1,120}")


@dataclass(frozen=True)
class Named:
    """One name a client may ask for: the base itself, or an adapter's folder on top of it."""

    name: str
    adapter: Path | None
    target: str


@dataclass(frozen=True)
class Why:
    """A reason to choose one backend or to pass one over: a word key below ``serve.why``."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        return t(f"serve.why.{self.code}", **self.values)


@dataclass(frozen=True)
class Plan:
    """``port`` None is the first free one from 8000 on, 0 any free one. ``asked`` is whether a
    person named the backend; else ``why`` says what danlu chose it for. ``language`` is what the
    server's own messages are in."""

    model: Model
    named: tuple[Named, ...]
    host: str = "127.0.0.1"
    port: int | None = None
    backend: Backend = "danlu"
    requires_key: bool = False
    language: str = "en"
    asked: bool = False
    why: tuple[Why, ...] = ()

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, default=str)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Raises ValueError, KeyError or TypeError for what no plan wrote."""
        found: dict[str, Any] = json.loads(text)
        found["model"] = Model(**found["model"])
        found["named"] = tuple(
            Named(each["name"], Path(each["adapter"]) if each["adapter"] else None, each["target"])
            for each in found["named"]
        )
        if "asked" not in found and found["backend"] == "transformers":
            found["backend"] = "danlu"  # which was called so before there was the other
        found["why"] = tuple(Why(**each) for each in found.get("why", ()))
        return cls(**found)


def what_to_serve(
    targets: Sequence[str], renamed: Sequence[str] = (), base: str | None = None
) -> tuple[Model, list[Named]]:
    """The model to load and the names to serve for ``targets`` and ``renamed`` (``NAME=TARGET``);
    without any, the newest run. The base is served as well, beside its adapters, under its own
    name. ``base`` is the model below adapters of other programs. Raises DanluError of ``serve.*``
    and ``chat.*``."""
    asked: list[tuple[str | None, str | None]] = [(None, target) for target in targets]
    asked += [_split(text) for text in renamed]
    found = [
        (name, text, resolve_target(text, base=base)) for name, text in asked or [(None, None)]
    ]
    named: list[Named] = []
    for name, text, target in found:
        one = Named(name or _name_of(target, text), target.adapter, target.label)
        _check_name(one, named)
        named.append(one)
    model = _one_model([target for _, _, target in found])
    own = base_name(model)
    if all(each.adapter for each in named) and own not in {each.name for each in named}:
        named.append(Named(own, None, model.source))
    return model, named


def base_name(model: Model) -> str:
    """What a model is called that nobody named: a folder's last part, a hub id as it is."""
    here = Path(model.source).expanduser()
    return _plain(here.name if here.is_dir() or here.is_absolute() else model.source)


def _split(text: str) -> tuple[str, str]:
    name, mark, target = text.partition("=")
    if not mark or not target:
        raise DanluError("serve.name_form", exit_code=2, text=text)
    return name, target


def _name_of(target: ChatTarget, text: str | None) -> str:
    if target.run and (text is None or text.rstrip("/") == target.run.name):
        return _plain(target.run.name)
    return _plain(target.label)


def _plain(name: str) -> str:
    """A name that fits into JSON, a URL and a shell without quoting."""
    return re.sub(r"[^\w.:/-]+", "-", name).strip("-/") or "model"


def _check_name(one: Named, there: Sequence[Named]) -> None:
    if not _NAME.fullmatch(one.name):
        raise DanluError("serve.name_form", exit_code=2, text=one.name)
    if any(one.name == each.name for each in there):
        raise DanluError("serve.same_name", name=one.name)


def _one_model(targets: Sequence[ChatTarget]) -> Model:
    """The one model all ``targets`` speak through. Raises DanluError when they need several."""
    models = [target.tuned_model if target.weights else target.base for target in targets]
    for target, model in zip(targets, models, strict=True):
        if _same(model) != _same(models[0]):
            raise DanluError(
                "serve.different_models",
                first=targets[0].label,
                first_model=models[0].source,
                second=target.label,
                second_model=model.source,
            )
    return models[0]


def _same(model: Model) -> tuple[str, str | None]:
    here = Path(model.source).expanduser()
    return (str(here.resolve()) if here.is_dir() else model.source, model.revision)
