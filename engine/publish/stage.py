"""The files of one push, all in place: those of the model, and the ones written for it."""

from __future__ import annotations

import json
from pathlib import Path

from engine import words
from engine.errors import DanluError
from engine.publish.files import PICTURE, README, PushFile, files_of, is_weights
from engine.publish.model_card import model_card
from engine.publish.origin import PushOrigin, origin_of
from engine.publish.request import PushRequest
from engine.report.pictures import pictures

_ADAPTER_CONFIG = "adapter_config.json"


def stage(request: PushRequest, room: Path) -> tuple[list[PushFile], PushOrigin]:
    """The files to publish and their origin. README.md, the loss curve and an adapter's config that
    names its base as others find it are written into ``room``; nothing else is copied.

    Raises DanluError ``publish.*``.
    """
    folder = _folder(request)
    found = {file.path: file for file in files_of(folder)}
    origin = origin_of(request.target, folder)
    drawn = pictures(origin.facts.curves) if origin.facts else {}
    with words.speaking(request.card or words.language()):
        card = model_card(origin, request.repo, request.hub, picture="loss" in drawn)
    written = {README: card}
    if "loss" in drawn:
        written[PICTURE] = drawn["loss"]
    if _ADAPTER_CONFIG in found:
        written[_ADAPTER_CONFIG] = _adapter_config(folder, origin)
    for name, text in written.items():
        path = room / name
        path.write_text(text, encoding="utf-8")
        found[name] = PushFile(name, path, path.stat().st_size)
    return sorted(found.values(), key=lambda file: (is_weights(file.path), file.path)), origin


def _folder(request: PushRequest) -> Path:
    """The folder whose files are published. Raises DanluError."""
    if request.merged is not None:
        if not request.merged.is_dir():
            raise DanluError("publish.no_folder", folder=request.merged)
        return request.merged
    target = request.target
    if target.tuned is not None:
        return target.tuned
    plain = Path(target.base.source).expanduser()
    if plain.is_dir():  # an exported or merged model, named by its folder
        return plain
    raise DanluError("publish.not_tuned", target=target.label)


def _adapter_config(folder: Path, origin: PushOrigin) -> str:
    """The adapter's config, its base named by hub id: here it often names a cache's folder."""
    try:
        config = json.loads((folder / _ADAPTER_CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DanluError("chat.broken_adapter", adapter=folder, reason=error) from error
    config["base_model_name_or_path"] = origin.base or origin.base_name
    config["inference_mode"] = True
    if origin.base:
        config["revision"] = None  # a revision means something on one hub alone
    return json.dumps(config, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
