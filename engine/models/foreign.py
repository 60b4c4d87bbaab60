"""What other programs write beside their weights: ms-swift's ``args.json``, LLaMA-Factory's
training arguments, a trainer's state, a model card. Read without torch; nothing here is executed,
and ``training_args.bin``, a pickle, is never opened."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from engine.errors import DanluError
from engine.hub.reference import Hub
from engine.models.safetensors_header import BrokenHeader, stored_tensors

Maker = Literal["ms-swift", "LLaMA-Factory", "TRL", "Unsloth", "axolotl", "PEFT", "transformers"]
_SWIFT_ARGUMENTS = ("args.json", "sft_args.json")  # sft_args.json before ms-swift 3
_FACTORY_ARGUMENTS = ("training_args.yaml", "llamaboard_config.yaml")
_STATE = "trainer_state.json"
_SAFE = "adapter_model.safetensors"
_PICKLES = ("adapter_model.bin", "adapter_model.pt")
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
# As the hubs' caches lay folders out; ModelScope's writes a dot in a name as three underscores.
_HF_CACHE = re.compile(r"models--([\w.-]+?)--([\w.-]+)")
_MS_CACHE = re.compile(r"modelscope/(?:hub/)?(?:models/)?([\w-]+/[\w.-]+)/?$")
# What a model card's tags name → who made it. The first that is found counts. Not its text: that
# names the base too, which others than Unsloth take from Unsloth.
_TAGS: tuple[tuple[str, Maker], ...] = (
    ("llama-factory", "LLaMA-Factory"),
    ("ms-swift", "ms-swift"),
    ("unsloth", "Unsloth"),
    ("axolotl", "axolotl"),
    ("trl", "TRL"),
)
_CARD_LENGTH = 20_000


@dataclass(frozen=True)
class Foreign:
    """What is known of a training of which only the files are here. ``bases`` are the names its
    base goes by, likeliest first: hub ids and folders, which may be on another machine."""

    maker: Maker
    bases: tuple[str, ...] = ()
    hub: Hub | None = None
    revision: str | None = None
    system: str | None = None
    template: str | None = None
    quantized: str | None = None
    step: int | None = None
    steps: int | None = None
    loss: float | None = None
    eval_loss: float | None = None


def read_foreign(folder: Path) -> Foreign:
    """What stands in ``folder`` and, for a checkpoint inside a run, in the folder above. A file
    that cannot be read tells nothing."""
    places = [folder, folder.parent] if folder.name.startswith("checkpoint-") else [folder]
    adapter = _json(folder / "adapter_config.json")
    card = _card(places)
    swift = _first(places, _SWIFT_ARGUMENTS, _json)
    factory = _plain_keys(_first(places, _FACTORY_ARGUMENTS, _yaml))
    bases = [
        adapter.get("base_model_name_or_path"),
        swift.get("model"),
        swift.get("model_id_or_path"),
        swift.get("model_dir"),
        factory.get("model_name_or_path"),
        *_listed(card.get("base_model")),
    ]
    named = tuple(dict.fromkeys(str(base) for base in bases if base))
    system = swift.get("system") or factory.get("default_system")
    return Foreign(
        maker=_maker(swift, factory, card, places, adapter),
        bases=named,
        hub=("huggingface" if swift.get("use_hf") else "modelscope") if swift else None,
        revision=adapter.get("revision") or swift.get("model_revision"),
        system=str(system) if system else None,
        template=swift.get("template") or swift.get("template_type") or factory.get("template"),
        quantized=_quantized(swift, factory),
        **_progress(_first(places[:1], (_STATE,), _json)),
    )


def hub_id_of(path: str) -> str | None:
    """The hub id of a folder inside one of the hubs' caches, on this machine or another; None for
    any other path."""
    text = path.replace("\\", "/")
    found = _HF_CACHE.search(text)
    if found:
        return f"{found[1]}/{found[2]}"
    found = _MS_CACHE.search(text)
    return found[1].replace("___", ".") if found else None


def looks_like_id(name: str) -> bool:
    """Whether ``name`` can be a hub id, and is no path."""
    return bool(_HUB_ID.fullmatch(name)) and not name.startswith(".")


def refuse_unreadable(adapter: Path) -> None:
    """Raises DanluError ``foreign.pickle_weights`` for an adapter that only a pickle holds,
    ``chat.no_weights`` and ``chat.broken_adapter`` where its weights are not, or not all, there."""
    weights = adapter / _SAFE
    if weights.is_file():
        try:
            stored_tensors(weights)
        except (BrokenHeader, OSError) as error:
            reason = f"{_SAFE}: {error}"
            raise DanluError("chat.broken_adapter", adapter=adapter, reason=reason) from error
        return
    for name in _PICKLES:
        if (adapter / name).is_file():
            raise DanluError("foreign.pickle_weights", adapter=adapter, file=name)
    raise DanluError("chat.no_weights", adapter=adapter, file=_SAFE)


def checkpoints_in(folder: Path) -> list[Path]:
    """The checkpoints a run of another program left in ``folder``, oldest step first."""
    found = [p for p in folder.glob("checkpoint-*") if p.is_dir() and _step_of(p) >= 0]
    return sorted(found, key=_step_of)


def checkpoints_below(folder: Path) -> list[Path]:
    """The checkpoints one or two folders further down, as ms-swift's ``output/MODEL/v0-…`` has
    them, the last written at the end."""
    found = [
        place
        for pattern in ("*/checkpoint-*", "*/*/checkpoint-*")
        for place in folder.glob(pattern)
        if _step_of(place) >= 0 and place.is_dir()
    ]
    return sorted(found, key=lambda place: (place.stat().st_mtime, _step_of(place)))


def best_checkpoint(folders: list[Path]) -> Path:
    """The one the newest trainer's state calls the best, else the newest."""
    named = _json(folders[-1] / _STATE).get("best_model_checkpoint")
    name = Path(str(named).replace("\\", "/")).name if named else ""
    return next((folder for folder in folders if folder.name == name), folders[-1])


def _step_of(folder: Path) -> int:
    number = folder.name.rpartition("-")[2]
    return int(number) if number.isdigit() else -1


def _maker(
    swift: dict[str, Any],
    factory: dict[str, Any],
    card: dict[str, Any],
    places: list[Path],
    adapter: dict[str, Any],
) -> Maker:
    if swift:
        return "ms-swift"
    if factory or any((place / "trainer_log.jsonl").is_file() for place in places):
        return "LLaMA-Factory"
    tags = {str(tag).casefold() for tag in _listed(card.get("tags"))}
    for tag, maker in _TAGS:
        if tag in tags:
            return maker
    return "PEFT" if adapter else "transformers"


def _quantized(swift: dict[str, Any], factory: dict[str, Any]) -> str | None:
    """In how many bits the base was held while it trained; None where it was not quantised."""
    bits = swift.get("quant_bits") or swift.get("quantization_bit")
    bits = bits or factory.get("quantization_bit")
    return str(bits) if bits and str(bits) not in ("0", "none") else None


def _progress(state: dict[str, Any]) -> dict[str, Any]:
    """Step and last losses of a trainer's state."""
    history = [entry for entry in state.get("log_history") or [] if isinstance(entry, dict)]
    last = {
        name: next((entry[name] for entry in reversed(history) if name in entry), None)
        for name in ("loss", "eval_loss")
    }
    return {"step": state.get("global_step"), "steps": state.get("max_steps"), **last}


def _card(places: list[Path]) -> dict[str, Any]:
    """The front matter of a model card."""
    for place in places:
        try:
            text = (place / "README.md").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        parts = text[:_CARD_LENGTH].split("---", 2)
        return _mapping(parts[1]) if len(parts) == 3 and not parts[0].strip() else {}
    return {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _plain_keys(values: dict[str, Any]) -> dict[str, Any]:
    """LLaMA Board writes ``train.x`` and ``top.x`` for what its trainer calls ``x``."""
    return {str(key).rpartition(".")[2]: value for key, value in values.items()}


def _first(places: list[Path], names: tuple[str, ...], read: Any) -> dict[str, Any]:
    for place in places:
        for name in names:
            found = read(place / name)
            if found:
                return found
    return {}


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _yaml(path: Path) -> dict[str, Any]:
    try:
        return _mapping(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _mapping(text: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}
