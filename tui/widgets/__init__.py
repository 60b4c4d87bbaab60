"""Panels that take plain data and draw it."""
