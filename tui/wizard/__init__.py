"""The way from nothing to a run: model, data, memory, parameters, review."""

from tui.wizard.flow import start_recipe, start_wizard

__all__ = ["start_recipe", "start_wizard"]
