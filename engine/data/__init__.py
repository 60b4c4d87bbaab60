"""Rows of training data: read, checked, laid out by a model's chat template, turned into tokens."""
