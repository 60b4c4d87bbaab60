"""Which model to export: the picker, with another end."""

from __future__ import annotations

from typing import ClassVar

from tui.screens.picker import PickerScreen


class ExportPicker(PickerScreen):
    """Opens the export of what is chosen."""

    title_key = "export_screen.pick"
    enter_key: ClassVar[str] = "keys.run_export"

    def _open(self, target: str) -> None:
        from tui.screens.export import ExportScreen

        self.app.push_screen(ExportScreen(target))
