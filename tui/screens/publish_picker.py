"""Which model to publish: the picker, with another end."""

from __future__ import annotations

from typing import ClassVar

from tui.screens.picker import PickerScreen


class PublishPicker(PickerScreen):
    """Opens the publishing of what is chosen."""

    title_key = "publish_screen.pick"
    enter_key: ClassVar[str] = "keys.run_publish"

    def _open(self, target: str) -> None:
        from tui.screens.publish import PublishScreen

        self.app.push_screen(PublishScreen(target))
