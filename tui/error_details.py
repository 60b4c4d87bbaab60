"""A named failure on the few lines below a list."""

from __future__ import annotations

from engine.errors import DanluError
from tui.symbols import sign
from tui.widgets.detail_lines import Detail


def error_details(error: DanluError) -> list[Detail]:
    """What happened, why, and the first ways out."""
    fixes = [Detail(error.fix_text(fix), "gold", "wrap") for fix in error.fixes]
    what = Detail(f"{sign('no')} {error.what}", "cinnabar", "wrap", most=2)
    return [what, Detail(error.why, "foreground", "wrap", most=2), *fixes[:3]]
