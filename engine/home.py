"""Where danlu keeps things: ``$DANLU_HOME``, else the platform's user data folder."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The root of all that danlu keeps."""
    chosen = os.environ.get("DANLU_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs  # only where it is needed: every start of danlu passes here

    return Path(platformdirs.user_data_dir("danlu"))


def use_home(folder: str) -> None:
    """Keep everything below ``folder`` from now on (``--home``); child processes follow."""
    os.environ["DANLU_HOME"] = str(Path(folder).expanduser().resolve())


def check_home() -> None:
    """Raise DanluError when the home is there but is no folder, or cannot be made."""
    from engine.errors import DanluError

    nearest = home()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise DanluError("app.no_home", home=home())


def runs_root() -> Path:
    """All runs, each in a folder by its name."""
    return home() / "runs"


def models_root() -> Path:
    """Models danlu made or fetched itself; hub clients keep their own caches."""
    return home() / "models"


def recipes_root() -> Path:
    """The person's own saved recipes."""
    return home() / "recipes"


def templates_root() -> Path:
    """The shipped recipes, catalogues and sample data: inside the package when installed, beside it
    in a checkout."""
    inside = Path(__file__).parent / "templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "templates"
